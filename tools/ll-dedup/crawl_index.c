/* SPDX-License-Identifier: MIT */
#include "ll-dedup/crawl_index.h"

#include "base/memory.h"

/* The words of one kind that the other has not; caller frees. */
static char *only(const char *kind, const char *other)
{
	struct ll_buf out = { 0 };
	char *all = ll_format(" %s ", other);

	for (const char *p = kind, *end; *p; p = *end ? end + 1 : end) {
		end = p + strcspn(p, " ");
		char *word = ll_format(" %.*s ", (int)(end - p), p);
		if (!strstr(all, word))
			ll_buf_printf(&out, "%s%.*s", out.len ? " " : "", (int)(end - p), p);
		ll_free(word);
	}
	ll_free(all);
	return ll_buf_steal(&out);
}

static void LL_NORETURN refuse(const char *path, const char *had, const char *needed)
{
	char *has = only(had, needed), *lacks = only(needed, had);

	if (strstr(has, "shingles=") || strstr(lacks, "shingles="))
		ll_hint("shingles are in an index made with --jaccard or --containment, and in no other");
	else if (strstr(has, "carry=") || strstr(lacks, "carry="))
		ll_hint("an index carries the tag of --keep=newest or --keep=max that it was made with");
	if (*has && *lacks)
		ll_die(LL_EXIT_INPUT, "%s: an index of another kind: it has %s, where %s is needed", path, has, lacks);
	ll_die(LL_EXIT_INPUT, "%s: an index of another kind: it %s %s", path, *has ? "should not have" : "lacks", *has ? has : lacks);
}

void crawl_index_read(const char *path, const char *kind, void (*record)(void *context, uint64_t document, const unsigned char *record, size_t len),
		      void (*make_room)(void *context), void *context)
{
	struct ll_reader *r = ll_reader_open(&path, 1, "signatures");
	const struct ll_header *last = NULL;
	const unsigned char *p;
	size_t len;

	ll_reader_on_large(r, make_room, context);
	for (uint64_t document = 0; (p = ll_reader_next(r, &len)) != NULL; document++) {
		const struct ll_header *h = ll_reader_header(r);
		if (h != last) {
			struct signature_rule rule;
			char *index = ll_header_get(h, "index"), *had = signature_rule_read(&rule, h);
			if (!index)
				ll_die(LL_EXIT_INPUT, "%s: signatures of a shard, no index (--index-out makes one)", path);
			if (strcmp(had, kind) != 0)
				refuse(path, had, kind);
			ll_free(index);
			ll_free(had);
			last = h;
		}
		record(context, document, p, len);
	}
	ll_reader_close(r);
}

static void copy(void *out, uint64_t document, const unsigned char *record, size_t len)
{
	(void)document;
	ll_writer_put(out, record, len);
}

static struct ll_writer *start(const char *path, const char *old, const char *rule_lines, const char *kind)
{
	char *lines = ll_format("index=1\n%s", rule_lines);
	struct ll_writer *out = ll_writer_open(path, ll_header_new("signatures", 1, lines));

	if (old)
		crawl_index_read(old, kind, copy, NULL, out);
	ll_free(lines);
	return out;
}

struct ll_writer *crawl_index_write(const char *path, const char *old, const struct signature_rule *rule, const char *kind)
{
	char *lines = signature_rule_lines(rule);
	struct ll_writer *out = start(path, old, lines, kind);

	ll_free(lines);
	return out;
}

struct ll_writer *crawl_index_write_lines(const char *path, const char *old, const struct ll_header *like, const char *kind)
{
	char *lines = signature_rule_copy(like);
	struct ll_writer *out = start(path, old, lines, kind);

	ll_free(lines);
	return out;
}
