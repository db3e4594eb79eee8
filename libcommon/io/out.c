/* SPDX-License-Identifier: MIT */
/* Output side of file.h: atomic files, and checked writing to what is written through. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#if __has_include(<sys/random.h>)
#include <sys/random.h>
#endif

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/option.h"
#include "io/file.h"

#define BUFFER_BYTES LL_MIB
#define WRITE_BACK (4 * LL_MIB)
#define EMERGENCY_SECONDS 5
#ifdef PIPE_BUF
#define PIPE_SAFE PIPE_BUF /* after POLLOUT a pipe takes this much without blocking */
#else
#define PIPE_SAFE _POSIX_PIPE_BUF
#endif

struct ll_out {
	int fd;
	bool is_file, synced;
	atomic_bool stopped; /* an emergency write happened or a write failed: nothing more goes out */
	unsigned flags;
	char *name;	    /* as the user gave it, for messages */
	char *final, *temp; /* of a file: where it goes after symbolic links, and where it is until then */
	int slot;
	pthread_mutex_t lock; /* held while bytes move; lets an emergency end come after whole writes */
	char *buffer;
	size_t len;
	uint64_t offset; /* of everything written, buffer included */
	uint64_t started; /* bytes that are on their way to the disk, or there */
};

/* /dev/fd/N and its aliases: a descriptor of ours; returns N or -1. */
static int named_descriptor(const char *path)
{
	static const char *const prefix[] = { "/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/" };
	uint64_t n;

	for (size_t i = 0; i < LL_COUNT(prefix); i++) {
		size_t len = strlen(prefix[i]);
		if (strncmp(path, prefix[i], len) == 0 && ll_parse_u64(ll_cstr(path + len), &n) == 0 && n < 1u << 20)
			return (int)n;
	}
	return -1;
}

static char *path_dir(const char *path)
{
	size_t len = (size_t)(ll_path_base(path) - path);

	return len == 0 ? ll_strdup(".") : ll_strndup(path, len);
}

/* Follows symbolic links of the last component, also one that dangles. Stops at a named descriptor. Caller frees. */
static char *follow_links(const char *path)
{
	char *at = ll_strdup(path);

	for (int depth = 0; depth < 40; depth++) {
		char link[4096];
		ssize_t n = named_descriptor(at) >= 0 ? -1 : readlink(at, link, sizeof(link) - 1);
		char *next;
		if (n < 0)
			return at;
		link[n] = '\0';
		if (link[0] == '/') {
			next = ll_strdup(link);
		} else {
			char *dir = path_dir(at);
			next = ll_path_join(dir, link);
			ll_free(dir);
		}
		ll_free(at);
		at = next;
	}
	errno = ELOOP;
	ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot follow", path);
}

static uint64_t random_word(void)
{
	struct timespec now;

#ifdef GRND_NONBLOCK
	uint64_t r;
	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) == (ssize_t)sizeof(r))
		return r;
#endif
	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec << 32 ^ (uint64_t)now.tv_nsec << 8) + (uint64_t)getpid();
}

static void open_temp(struct ll_out *o)
{
	char *dir = path_dir(o->final);
	const char *base = ll_path_base(o->final);

	if (*base == '\0')
		ll_die(LL_EXIT_RESOURCE, "%s: not a file name", o->name);
	for (int attempt = 0; attempt < 100; attempt++) {
		/* A name may be up to 255 bytes: the decoration takes 22 of them. */
		char *name = ll_format(".%.*s.tmp-%016llx", (int)LL_MIN(strlen(base), 230), base,
				       (unsigned long long)random_word());
		o->temp = ll_path_join(dir, name);
		ll_free(name);
		/* Registered before it exists, so that no signal can fall in between. */
		o->slot = ll_temp_add(o->temp, false);
		o->fd = open(o->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
		if (o->fd >= 0)
			break;
		ll_temp_remove(o->slot);
		if (errno != EEXIST && errno != EINTR)
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot create", o->name);
		ll_free(o->temp);
	}
	if (o->fd < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot create a temporary file beside it", o->name);
	ll_free(dir);
}

static void refuse_terminal(int fd, const char *name)
{
	if (!isatty(fd))
		return;
	ll_hint("name a file with -o, or pipe it into the next program");
	ll_die(LL_EXIT_USAGE, "%s: will not write binary data to a terminal", name);
}

struct ll_out *ll_out_open(const char *path, unsigned flags)
{
	struct ll_out *o = ll_calloc(1, sizeof(*o));
	bool is_stdout = strcmp(path, "-") == 0;
	struct stat st;
	int n;

	o->flags = flags;
	o->name = ll_strdup(is_stdout ? "standard output" : path);
	o->fd = -1;
	pthread_mutex_init(&o->lock, NULL);
	if (is_stdout) {
		o->fd = STDOUT_FILENO;
	} else {
		o->final = follow_links(path);
		if ((n = named_descriptor(o->final)) >= 0) {
			o->fd = fcntl(n, F_DUPFD_CLOEXEC, 3);
			if (o->fd < 0)
				ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot open", path);
		} else if (stat(o->final, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				ll_die(LL_EXIT_RESOURCE, "%s: is a directory", path);
			if (S_ISREG(st.st_mode) && (flags & LL_OUT_NO_CLOBBER))
				ll_die(LL_EXIT_RESOURCE, "%s: exists, and --no-clobber was given", path);
			if (!S_ISREG(st.st_mode)) {
				do
					o->fd = open(o->final, O_WRONLY | O_CLOEXEC | O_NOCTTY);
				while (o->fd < 0 && errno == EINTR);
				if (o->fd < 0)
					ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot open", path);
			}
		}
		if (o->fd < 0) {
			o->is_file = true;
			open_temp(o);
		}
	}
	if (!o->is_file) {
		if (flags & LL_OUT_BINARY)
			refuse_terminal(o->fd, o->name);
		if (fstat(o->fd, &st) == 0 && S_ISFIFO(st.st_mode))
			ll_widen_pipe(o->fd);
	}
	o->buffer = ll_malloc(BUFFER_BYTES);
	return o;
}

void ll_out_check(const char *path, unsigned flags)
{
	struct stat st;

	if (strcmp(path, "-") == 0) {
		if (flags & LL_OUT_BINARY)
			refuse_terminal(STDOUT_FILENO, "standard output");
		return;
	}
	char *final = follow_links(path);
	if (named_descriptor(final) < 0 && (stat(final, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		ll_out_abandon(ll_out_open(path, flags));
	ll_free(final);
}

bool ll_out_is_file(const struct ll_out *o)
{
	return o->is_file;
}

const char *ll_out_name(const struct ll_out *o)
{
	return o->name;
}

uint64_t ll_out_offset(const struct ll_out *o)
{
	return o->offset;
}

const char *ll_out_temp_path(const struct ll_out *o)
{
	return o->temp;
}

/* The process is ending on another thread: wait for that. */
static void park(void)
{
	for (;;)
		pause();
}

/* Both parts, in one call where it goes: what stands before a frame does not wake its reader for nothing. */
static void write_parts(struct ll_out *o, const char *first, size_t n_first, const char *second, size_t n_second)
{
	while (n_first + n_second > 0) {
		struct iovec part[2] = { { (char *)(uintptr_t)first, n_first }, { (char *)(uintptr_t)second, LL_MIN(n_second, LL_GIB) } };
		ssize_t put = writev(o->fd, part, 2);
		if (put > 0) {
			size_t here = LL_MIN((size_t)put, n_first);
			first += here;
			n_first -= here;
			second += (size_t)put - here;
			n_second -= (size_t)put - here;
		} else if (put < 0 && errno == EAGAIN) {
			struct pollfd wait = { .fd = o->fd, .events = POLLOUT };
			poll(&wait, 1, 1000);
		} else if (put < 0 && errno != EINTR) {
			if (atomic_exchange(&o->stopped, true))
				park();
			if (errno == EPIPE)
				ll_die_pipe();
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot write", o->name);
		}
	}
}

static void write_all(struct ll_out *o, const char *p, size_t n)
{
	write_parts(o, p, n, "", 0);
}

/* What is ready for the disk is sent there while the rest is still being made, so that the sync at the end has less to wait
 * for. */
static void start_disk(struct ll_out *o)
{
#ifdef SYNC_FILE_RANGE_WRITE
	uint64_t written = o->offset - o->len;

	if (!o->is_file || written - o->started < WRITE_BACK)
		return;
	sync_file_range(o->fd, (off_t)o->started, (off_t)(written - o->started), SYNC_FILE_RANGE_WRITE);
	o->started = written;
#else
	(void)o;
#endif
}

static void lock(struct ll_out *o)
{
	if (atomic_load(&o->stopped))
		park();
	pthread_mutex_lock(&o->lock);
	if (atomic_load(&o->stopped)) {
		pthread_mutex_unlock(&o->lock);
		park();
	}
}

void ll_out_write(struct ll_out *o, const void *data, size_t len)
{
	lock(o);
	o->offset += len;
	o->synced = false;
	if (o->len + len <= BUFFER_BYTES) {
		if (len)
			memcpy(o->buffer + o->len, data, len);
		o->len += len;
	} else {
		size_t pending = o->len;
		o->len = 0;
		if (len >= BUFFER_BYTES) {
			write_parts(o, o->buffer, pending, data, len);
		} else {
			write_all(o, o->buffer, pending);
			memcpy(o->buffer, data, len);
			o->len = len;
		}
		start_disk(o);
	}
	pthread_mutex_unlock(&o->lock);
}

void ll_out_printf(struct ll_out *o, const char *format, ...)
{
	char small[512], *text = small;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(small, sizeof(small), format, ap);
	va_end(ap);
	if (n < 0)
		LL_BUG("bad format");
	if ((size_t)n >= sizeof(small)) {
		text = ll_malloc((size_t)n + 1);
		va_start(ap, format);
		vsnprintf(text, (size_t)n + 1, format, ap);
		va_end(ap);
	}
	ll_out_write(o, text, (size_t)n);
	if (text != small)
		ll_free(text);
}

void ll_out_flush(struct ll_out *o)
{
	size_t pending;

	lock(o);
	pending = o->len;
	o->len = 0;
	write_all(o, o->buffer, pending);
	pthread_mutex_unlock(&o->lock);
}

void ll_out_sync(struct ll_out *o)
{
	ll_out_flush(o);
	if (!o->is_file || o->synced)
		return;
	if (fsync(o->fd) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot sync", o->name);
	o->synced = true;
}

/* Closes the descriptor; some file systems tell of a lost write only now. Standard output itself stays open. */
static void close_out(struct ll_out *o)
{
	int fd = o->fd == STDOUT_FILENO ? dup(o->fd) : o->fd;

	o->fd = -1;
	if (fd >= 0 && close(fd) < 0 && errno != EINTR)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot close", o->name);
}

void ll_out_finish(struct ll_out *o)
{
	ll_out_sync(o);
	close_out(o);
	ll_free(o->buffer);
	o->buffer = NULL;
}

static void free_out(struct ll_out *o)
{
	pthread_mutex_destroy(&o->lock);
	ll_free(o->name);
	ll_free(o->final);
	ll_free(o->temp);
	ll_free(o->buffer);
	ll_free(o);
}

/* rename(2), but never over another file. */
static int rename_to_new(const char *from, const char *to)
{
#ifdef RENAME_NOREPLACE
	int rc = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
	if (rc == 0 || (errno != EINVAL && errno != ENOSYS))
		return rc;
#endif
	if (link(from, to) < 0)
		return -1;
	unlink(from);
	return 0;
}

static void publish(struct ll_out *o)
{
	char *dir = path_dir(o->final);
	int rc = (o->flags & LL_OUT_NO_CLOBBER ? rename_to_new : rename)(o->temp, o->final);

	if (rc < 0 && errno == EEXIST)
		ll_die(LL_EXIT_RESOURCE, "%s: was made by another program meanwhile, and --no-clobber was given",
		       o->name);
	if (rc < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot rename %s to it", o->name, o->temp);
	ll_temp_remove(o->slot);
	ll_sync_dir(dir);
	ll_free(dir);
}

unsigned ll_out_common_flags(void)
{
	return (ll_common.no_clobber ? LL_OUT_NO_CLOBBER : 0) | (ll_common.if_changed ? LL_OUT_IF_CHANGED : 0);
}

/* Whether the final name is a regular file of the same bytes as the temporary one. */
static bool is_unchanged(const struct ll_out *o)
{
	struct stat a, b;
	char old[16384], new[16384];
	size_t n = 0;

	if (stat(o->final, &a) != 0 || !S_ISREG(a.st_mode) || stat(o->temp, &b) != 0 || a.st_size != b.st_size)
		return false;
	struct ll_in *x = ll_in_open(o->final), *y = ll_in_open(o->temp);
	bool same = true;
	while (same && (n = ll_in_read_full(x, old, sizeof(old))) > 0)
		same = ll_in_read_full(y, new, sizeof(new)) == n && memcmp(old, new, n) == 0;
	ll_in_close(x);
	ll_in_close(y);
	return same;
}

void ll_out_commit(struct ll_out *o)
{
	if (o->fd >= 0)
		ll_out_sync(o);
	if (o->is_file && (o->flags & LL_OUT_IF_CHANGED) && is_unchanged(o)) {
		ll_out_abandon(o);
		return;
	}
	if (o->fd >= 0)
		close_out(o);
	if (o->is_file)
		publish(o);
	free_out(o);
}

void ll_out_abandon(struct ll_out *o)
{
	if (!o)
		return;
	if (o->fd >= 0 && o->fd != STDOUT_FILENO)
		close(o->fd);
	if (o->is_file) {
		unlink(o->temp);
		ll_temp_remove(o->slot);
	}
	free_out(o);
}

static double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool write_bounded(int fd, const char *p, size_t n, double deadline)
{
	while (n > 0) {
		struct pollfd ready = { .fd = fd, .events = POLLOUT };
		double left = deadline - now_seconds();
		ssize_t put;
		if (left <= 0 || poll(&ready, 1, (int)(left * 1000) + 1) <= 0 || !(ready.revents & POLLOUT))
			return false;
		put = write(fd, p, LL_MIN(n, PIPE_SAFE));
		if (put < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
	}
	return true;
}

void ll_out_emergency(struct ll_out *o, const void *data, size_t len)
{
	double deadline = now_seconds() + EMERGENCY_SECONDS;

	if (atomic_exchange(&o->stopped, true))
		return;
	while (pthread_mutex_trylock(&o->lock) != 0) { /* some systems have no pthread_mutex_timedlock */
		if (now_seconds() > deadline)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	if (write_bounded(o->fd, o->buffer, o->len, deadline))
		write_bounded(o->fd, data, len, deadline);
	o->len = 0;
	pthread_mutex_unlock(&o->lock);
}

void ll_write_file(const char *path, const void *data, size_t len)
{
	struct ll_out *o = ll_out_open(path, 0);

	ll_out_write(o, data, len);
	ll_out_commit(o);
}
