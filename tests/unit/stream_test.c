/* SPDX-License-Identifier: MIT */
/* stream_test.c - the container under damage: every cut and every flipped bit of small streams, through files and pipes. */
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/option.h"
#include "base/random.h"
#include "base/thread.h"
#include "io/file.h"
#include "stream/reader.h"
#include "stream/writer.h"

static void put_record(struct ll_writer *w, size_t size, uint64_t seed)
{
	unsigned char *r = ll_malloc(8 + size);
	ll_put32(r, (uint32_t)(8 + size));
	ll_put32(r + 4, (uint32_t)(size - size / 4)); /* the last quarter is volatile */
	for (size_t i = 0; i < size; i++)
		r[8 + i] = (unsigned char)ll_random_below(seed, 5, i, 9);
	ll_writer_put(w, r, 8 + size);
	ll_free(r);
}

static struct ll_end make_stream(const char *path, const char *compress, int records, size_t size)
{
	ll_common.compress = compress;
	struct ll_writer *w = ll_writer_open(path, ll_header_new("test", 1, "a=1\n"));
	for (int i = 0; i < records; i++)
		put_record(w, size + (size_t)i, (uint64_t)i);
	return ll_writer_close(w, NULL);
}

/* Reads a file (or descriptor path) to its end in a child; returns its exit status, or 128 + signal. */
static int read_all(const char *path)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(null, 2);
		const char *files[] = { path };
		struct ll_reader *r = ll_reader_open(files, 1, NULL);
		size_t len;
		while (ll_reader_next(r, &len))
			;
		_exit(0);
	}
	int status;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int read_pipe(const void *data, size_t n)
{
	int fd[2];
	char path[40];
	if (pipe(fd) != 0 || n > 60000)
		return -1;
	ssize_t wrote = write(fd[1], data, n);
	close(fd[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd[0]);
	int status = wrote == (ssize_t)n ? read_all(path) : -1;
	close(fd[0]);
	return status;
}

static void write_plain(const char *path, const void *data, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	close(fd);
}

static void damage(const char *compress)
{
	make_stream("s", compress, 3, 90);
	struct ll_buf b = ll_read_file("s", LL_MIB);
	int wrong = 0;
	for (size_t n = 0; n < b.len; n++) {
		write_plain("d", b.data, n);
		wrong += read_all("d") != 3;
		wrong += n % 16 == 0 && read_pipe(b.data, n) != 3;
	}
	ok(wrong == 0, "%s: every one of %zu cuts is refused with 3", compress, b.len);
	wrong = 0;
	for (size_t i = 0; i < b.len * 8; i++) {
		b.data[i / 8] ^= (char)(1 << i % 8);
		write_plain("d", b.data, b.len);
		wrong += read_all("d") != 3;
		b.data[i / 8] ^= (char)(1 << i % 8);
	}
	ok(wrong == 0, "%s: every one of %zu flipped bits is refused with 3", compress, b.len * 8);
	ok(read_all("s") == 0 && read_pipe(b.data, b.len) == 0, "%s: the whole stream reads", compress);

	struct ll_buf two = { 0 };
	ll_buf_add(&two, b.data, b.len);
	ll_buf_add(&two, b.data, b.len);
	write_plain("two", two.data, two.len);
	ok(read_all("two") == 0, "%s: cat of two streams reads", compress);
	write_plain("d", two.data, two.len - 1);
	ok(read_all("d") == 3, "%s: its last byte cut is refused", compress);
	ll_buf_free(&two);
	ll_buf_free(&b);
}

static void threads_make_equal_bytes(void)
{
	struct ll_buf first = { 0 };
	struct ll_end end = { 0 };
	static const int threads[] = { 1, 2, 3, 8 };
	bool same = true;
	for (size_t t = 0; t < LL_COUNT(threads); t++) {
		ll_threads_set(threads[t]);
		end = make_stream("t", "auto", 3000, 2000);
		struct ll_buf b = ll_read_file("t", 64 * LL_MIB);
		if (t == 0)
			first = b;
		else
			same = same && b.len == first.len && memcmp(b.data, first.data, b.len) == 0;
	}
	ll_threads_set(1);
	ok(same, "equal bytes at 1, 2, 3 and 8 threads (%zu bytes)", first.len);
	struct ll_end raw = make_stream("u", "none", 3000, 2000), read;
	ok(ll_id_eq(raw.data_id, end.data_id) && ll_id_eq(raw.set_id, end.set_id), "ids do not depend on the codec");
	ok(ll_stream_end("u", &read) && ll_id_eq(read.data_id, raw.data_id), "the end frame is found from the end of the file");
	size_t n;
	struct ll_index_entry *x = ll_stream_index("t", &n);
	struct ll_data_frame f;
	ll_stream_frame_at("t", x[n - 1].offset, &f);
	ok(n > 3 && f.header.records == x[n - 1].records && x[n - 1].first_record + f.header.records == 3000,
	   "the index leads to the last of %zu frames", n);
	ll_free(x);
}

/* A failed writer tells the reader of a pipe; a file is not published. */
static void failure(void)
{
	int fd[2];
	char path[40];
	if (pipe(fd) != 0)
		abort();
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY), 2);
		snprintf(path, sizeof(path), "/dev/fd/%d", fd[1]);
		struct ll_writer *w = ll_writer_open(path, ll_header_new("test", 1, NULL));
		put_record(w, 100, 1);
		ll_die(4, "on purpose");
	}
	close(fd[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd[0]);
	ok(read_all(path) == LL_EXIT_UPSTREAM, "the reader of a failed stage ends with 6");
	waitpid(pid, NULL, 0);
	pid = fork();
	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY), 2);
		struct ll_writer *w = ll_writer_open("final", ll_header_new("test", 1, NULL));
		put_record(w, 100, 1);
		ll_die(4, "on purpose");
	}
	waitpid(pid, NULL, 0);
	ok(access("final", F_OK) != 0 && system("ls -A | grep -q tmp") != 0, "a failed stage publishes nothing and leaves nothing");
}

int main(void)
{
	ll_common.compress = "auto";
	damage("none");
	damage("zstd");
	threads_make_equal_bytes();
	failure();
	return test_done();
}
