/* SPDX-License-Identifier: MIT */
/* Input side of file.h: plain bytes from files, pipes and standard input. */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

#define PEEK_MAX (64 * LL_KIB)
#define BUFFER_BYTES (128 * LL_KIB)

struct ll_in {
	int fd;
	bool regular, eof;
	char *name;
	uint64_t base; /* where a regular file stood when we got it: standard input may be half read */
	uint64_t size;
	uint64_t offset; /* of buffer[pos] */
	size_t pos, len;
	char *buffer; /* allocated when first needed */
};

struct ll_in *ll_in_open(const char *path)
{
	static atomic_bool stdin_taken;
	struct ll_in *in = ll_calloc(1, sizeof(*in));
	struct stat st;

	in->name = ll_strdup(ll_path_shown(path));
	if (strcmp(path, "-") == 0) {
		if (atomic_exchange(&stdin_taken, true))
			ll_die(LL_EXIT_USAGE, "standard input is named more than once");
	} else {
		do
			in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		while (in->fd < 0 && errno == EINTR);
		if (in->fd < 0)
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot open", in->name);
	}
	if (fstat(in->fd, &st) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot stat", in->name);
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot read", in->name);
	}
	in->regular = S_ISREG(st.st_mode);
	if (in->regular) {
		off_t at = in->fd == 0 ? lseek(0, 0, SEEK_CUR) : 0;
		in->base = at > 0 ? (uint64_t)at : 0;
		in->size = (uint64_t)st.st_size > in->base ? (uint64_t)st.st_size - in->base : 0;
#ifdef POSIX_FADV_SEQUENTIAL
		posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
#endif
	} else if (S_ISFIFO(st.st_mode)) {
		ll_widen_pipe(in->fd);
	}
	return in;
}

static size_t read_parts(struct ll_in *in, struct iovec *part, int n)
{
	for (;;) {
		ssize_t got = readv(in->fd, part, n);
		if (got >= 0) {
			in->eof = got == 0;
			return (size_t)got;
		}
		if (errno != EINTR)
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot read at byte %llu", in->name,
				     (unsigned long long)(in->offset + in->len - in->pos));
	}
}

static size_t read_some(struct ll_in *in, void *buf, size_t n)
{
	return read_parts(in, &(struct iovec){ buf, LL_MIN(n, LL_GIB) }, 1);
}

/* Much goes straight to where it is wanted. What a pipe has behind it comes along: one call a frame then, its header in
 * the call before, and a pipe emptied at once, so that writer and reader do not wait for each other's copying. */
static size_t read_much(struct ll_in *in, void *buf, size_t n)
{
	struct iovec part[2] = { { buf, LL_MIN(n, LL_GIB) }, { in->buffer, BUFFER_BYTES } };
	size_t got = read_parts(in, part, in->regular ? 1 : 2), here = LL_MIN(got, part[0].iov_len);

	in->pos = 0;
	in->len = got - here;
	in->offset += here;
	return here;
}

size_t ll_in_read(struct ll_in *in, void *buf, size_t n)
{
	size_t have = in->len - in->pos;

	if (n == 0)
		return 0;
	if (have == 0) {
		if (in->eof)
			return 0;
		in->pos = in->len = 0;
		if (!in->buffer)
			in->buffer = ll_malloc(BUFFER_BYTES);
		if (n >= BUFFER_BYTES)
			return read_much(in, buf, n);
		in->len = have = read_some(in, in->buffer, BUFFER_BYTES);
		if (have == 0)
			return 0;
	}
	have = LL_MIN(have, n);
	memcpy(buf, in->buffer + in->pos, have);
	in->pos += have;
	in->offset += have;
	return have;
}

size_t ll_in_read_full(struct ll_in *in, void *buf, size_t n)
{
	size_t got = 0, more;

	while (got < n && (more = ll_in_read(in, (char *)buf + got, n - got)) > 0)
		got += more;
	return got;
}

struct ll_str ll_in_peek(struct ll_in *in, size_t n)
{
	if (n > PEEK_MAX)
		LL_BUG("peek of %zu bytes", n);
	if (!in->buffer)
		in->buffer = ll_malloc(BUFFER_BYTES);
	if (in->len - in->pos < n && in->pos > 0) {
		memmove(in->buffer, in->buffer + in->pos, in->len - in->pos);
		in->len -= in->pos;
		in->pos = 0;
	}
	while (in->len - in->pos < n && !in->eof)
		in->len += read_some(in, in->buffer + in->len, BUFFER_BYTES - in->len);
	return ll_str(in->buffer + in->pos, LL_MIN(n, in->len - in->pos));
}

const char *ll_in_name(const struct ll_in *in)
{
	return in->name;
}

bool ll_in_is_regular(const struct ll_in *in)
{
	return in->regular;
}

uint64_t ll_in_size(const struct ll_in *in)
{
	return in->size;
}

uint64_t ll_in_offset(const struct ll_in *in)
{
	return in->offset;
}

void ll_in_seek(struct ll_in *in, uint64_t offset)
{
	if (!in->regular)
		LL_BUG("%s: seek in a pipe", in->name);
	if (lseek(in->fd, (off_t)(in->base + offset), SEEK_SET) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot seek to byte %llu", in->name, (unsigned long long)offset);
	in->pos = in->len = 0;
	in->offset = offset;
	in->eof = false;
}

void ll_in_close(struct ll_in *in)
{
	if (!in)
		return;
	if (in->fd != 0)
		close(in->fd);
	ll_free(in->buffer);
	ll_free(in->name);
	ll_free(in);
}

struct ll_buf ll_read_file(const char *path, size_t limit)
{
	struct ll_in *in = ll_in_open(path);
	struct ll_buf b = { 0 };
	size_t step = LL_MIN(ll_in_size(in), limit) + 1, got;

	for (;;) {
		got = ll_in_read_full(in, ll_buf_reserve(&b, step + 1), step);
		b.len += got;
		if (b.len > limit)
			ll_die(LL_EXIT_INPUT, "%s: longer than %zu bytes", in->name, limit);
		if (got < step)
			break;
		step = LL_MIN(LL_MAX(b.len, 64 * LL_KIB), limit - b.len + 1);
	}
	ll_buf_cstr(&b);
	ll_in_close(in);
	return b;
}
