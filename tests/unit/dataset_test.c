/* SPDX-License-Identifier: MIT */
/* Token datasets written and read back: any cut into files, any window, the documents of a window, replaced in place.
 */
#include "test.h"

#include <dirent.h>

#include "base/memory.h"
#include "base/option.h"
#include "base/option_table.h"
#include "base/random.h"
#include "doc/dataset.h"
#include "io/file.h"

#define DOCS 3000

static uint32_t doc_length(size_t i)
{
	return (uint32_t)ll_random_below(1, 1, i, 40);
}

static void write_one(const char *dir, unsigned width, uint64_t per_file, size_t docs, struct ll_buf *want)
{
	struct ll_dataset_options o = { .width = width,
					.vocabulary = 1000,
					.eot = 999,
					.tokenizer_id = "00112233445566778899aabbccddeeff",
					.tokenizer_path = "tok",
					.tokens_per_file = per_file };
	struct ll_dataset_writer *w = ll_dataset_writer_open(dir, &o);
	struct ll_buf ids = { 0 };
	ll_buf_clear(want);
	for (size_t i = 0; i < docs; i++) {
		char id[24];
		uint32_t n = doc_length(i);
		ll_buf_clear(&ids);
		for (uint32_t k = 0; k <= n; k++) {
			uint32_t t = k == n ? 999 : (uint32_t)ll_random_below(2, i, k, 999);
			ll_buf_put32(want, t);
			if (k < n && width == 2)
				ll_buf_put16(&ids, (uint16_t)t);
			else if (k < n)
				ll_buf_put32(&ids, t);
		}
		snprintf(id, sizeof(id), "doc%zu", i);
		ll_dataset_writer_put(w, ll_hash128(id, strlen(id)), ll_cstr(id), ll_cstr("src"), n,
				      (unsigned char *)ids.data, n);
	}
	ll_dataset_writer_commit(w, NULL);
	ll_buf_free(&ids);
}

static size_t files_in(const char *dir)
{
	DIR *d = opendir(dir);
	size_t n = 0;
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void check_windows(struct ll_dataset *d, const struct ll_buf *want)
{
	uint64_t tokens = want->len / 4, good = 0, documents_good = 0;
	for (uint64_t i = 0; i < 200; i++) {
		uint64_t start = ll_random_below(3, 1, i, tokens),
			 n = ll_random_below(3, 2, i, LL_MIN(tokens - start, 500)) + 1;
		uint32_t *got = ll_malloc(n * 4);
		size_t count, first, last;
		ll_dataset_read(d, start, n, got);
		bool equal = true;
		for (uint64_t k = 0; k < n; k++)
			equal &= got[k] == ll_get32(want->data + 4 * (start + k));
		good += equal;
		/* The documents by walking the lengths. */
		uint64_t at = 0;
		for (first = 0; at + doc_length(first) + 1 <= start; first++)
			at += doc_length(first) + 1;
		for (last = first; at < start + n; last++)
			at += doc_length(last) + 1;
		struct ll_dataset_document *docs = ll_dataset_documents_at(d, start, n, &count);
		bool right = count == last - first;
		for (size_t k = 0; k < count && right; k++) {
			char id[24];
			snprintf(id, sizeof(id), "doc%zu", first + k);
			right = strcmp(docs[k].id, id) == 0 && docs[k].length == doc_length(first + k) + 1 &&
				strcmp(docs[k].source, "src") == 0;
		}
		documents_good += right;
		ll_dataset_documents_free(docs, count);
		ll_free(got);
	}
	ok(good == 200, "every window has its tokens");
	ok(documents_good == 200, "and its documents");
}

static void test_dataset(unsigned width, uint64_t per_file)
{
	struct ll_buf want = { 0 };
	write_one("ds", width, per_file, DOCS, &want);
	struct ll_dataset *d = ll_dataset_open("ds");
	ok(ll_dataset_tokens(d) == want.len / 4 && ll_dataset_documents(d) == DOCS &&
		   ll_dataset_vocabulary(d) == 1000 && ll_dataset_eot(d) == 999 &&
		   ll_dataset_text_bytes(d) == want.len / 4 - DOCS,
	   "width %u, %u tokens a file: counts", width, (unsigned)per_file);
	check_windows(d, &want);
	ll_dataset_verify(d);
	ll_dataset_close(d);
	size_t files = files_in("ds");
	ok(files == 3 + (per_file ? (want.len / 4 + per_file - 1) / per_file : 1),
	   "as many files as asked for, and none of the old");
	ll_buf_free(&want);
}

static int run(int operands, char **operand)
{
	struct ll_buf want = { 0 };
	(void)operands;
	(void)operand;
	ll_write_file("tok", "{}", 2);
	test_dataset(2, 0);
	test_dataset(4, 1000);
	test_dataset(2, 333);
	test_dataset(2, 100000);
	write_one("empty", 2, 0, 0, &want);
	struct ll_dataset *d = ll_dataset_open("empty");
	size_t n;
	ll_dataset_verify(d);
	ok(ll_dataset_tokens(d) == 0 && ll_dataset_documents_at(d, 0, 0, &n) == NULL && n == 0,
	   "no documents are a dataset too");
	ll_dataset_close(d);
	return test_done();
}

int main(int argc, char **argv)
{
	static const struct ll_option options[] = { { 0 } };
	static const struct ll_command commands[] = {
		{ .operands = "", .summary = "test", .options = options, .run = run }, { 0 }
	};
	static const struct ll_program program = { "dataset_test", "Test.", commands, NULL };
	return ll_main(&program, argc, argv);
}
