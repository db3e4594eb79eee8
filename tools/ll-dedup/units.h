/* SPDX-License-Identifier: MIT */
/*
 * units.h - what --exact compares: documents, lines, paragraphs, runs of sentences, URLs. A text is walked as pieces; a
 * key is one piece, or with sentences:N a run of N. What exactly a piece is stands in ll-dedup(1), "Exact".
 */
#ifndef LL_DEDUP_UNITS_H
#define LL_DEDUP_UNITS_H

#include "doc/record.h"

enum unit_kind { UNIT_DOCUMENT, UNIT_LINE, UNIT_PARAGRAPH, UNIT_SENTENCES, UNIT_URL, UNIT_KINDS };

struct unit_rule {
	enum unit_kind kind;
	uint32_t run;	    /* pieces in a key: N of sentences:N, else 1 */
	uint64_t min_bytes; /* shorter ones are no keys */
};

#define UNIT_RUN_MAX 64u

/* Parses "line", "sentences:3", ...; ends with status 2 on anything else. */
struct unit_rule unit_rule_parse(const char *text);
/* The same of what stands in a file: -1 on anything else. */
int unit_rule_read(const char *text, struct unit_rule *out) LL_MUST_CHECK;
/* Its name, as it is parsed; caller frees. */
char *unit_rule_name(const struct unit_rule *r);
/* True where a duplicate is a whole document and not a part of its text. */
static inline bool unit_is_document(const struct unit_rule *r)
{
	return r->kind == UNIT_DOCUMENT || r->kind == UNIT_URL;
}

/* What is held of a document, in times of its bytes, at most (stream/large_frame.h). */
static inline unsigned unit_times(const struct unit_rule *r)
{
	return unit_is_document(r) ? 3 : 7;
}

struct unit_piece {
	size_t start, len; /* bytes of the text; what follows up to the next piece is its separator */
};

/* The next piece from byte *at on; false after the last. Of line, paragraph and sentences. */
bool unit_piece_next(const struct unit_rule *rule, struct ll_str text, size_t *at, struct unit_piece *out);

/* Walks the keys of a document; zeroed before first use, reused from document to document. */
struct unit_walk {
	const struct unit_rule *rule;
	struct ll_str text;
	size_t at;
	uint64_t pieces;
	struct unit_piece ring[UNIT_RUN_MAX]; /* the pieces of the key, by number mod run */
	struct ll_buf scratch;
	uint32_t *line_end; /* borrowed, or NULL: where unit_walk_digests puts where the lines end, if unit_lines_end says so */
};
void unit_walk_start(struct unit_walk *w, const struct unit_rule *rule, const struct ll_doc *doc);
bool unit_walk_next(struct unit_walk *w);
/* Of the key that unit_walk_next came to: the bytes that are compared (sentences joined by newlines; valid until the next
 * call) and their digest. A key shorter than min_bytes has no bytes and the digest zero, which no other key has. */
struct ll_str unit_walk_text(struct unit_walk *w);
struct ll_id unit_walk_digest(struct unit_walk *w);
/* The digests of up to n next keys (unit_walk_text is not to be asked for then); returns how many there were. */
size_t unit_walk_digests(struct unit_walk *w, struct ll_id *out, size_t n);
/* Whether the keys of a text are lines that end within 4 GiB, none left out. */
static inline bool unit_lines_end(const struct unit_rule *r, struct ll_str text)
{
	return r->kind == UNIT_LINE && r->min_bytes == 0 && text.len < UINT32_MAX;
}
/* How many keys are left, which are passed over. */
uint64_t unit_walk_count(struct unit_walk *w);
void unit_walk_free(struct unit_walk *w);

static inline bool unit_is_none(struct ll_id digest)
{
	uint64_t word[2];

	memcpy(word, digest.byte, sizeof(word));
	return (word[0] | word[1]) == 0;
}

/* A digest that is not the one of none. */
static inline struct ll_id unit_some(struct ll_id digest)
{
	if (LL_UNLIKELY(unit_is_none(digest)))
		digest.byte[15] = 1;
	return digest;
}

/* Of bytes that are a key. */
static inline struct ll_id unit_digest(struct ll_str text)
{
	return unit_some(ll_hash128(text.data, text.len));
}

/* Appends the text without the pieces of keys whose bit is set in `gone`; false when no piece is left. */
bool unit_remove(struct ll_buf *out, const struct unit_rule *rule, struct ll_str text, const uint64_t *gone, uint64_t keys);
/* The same of lines of which some go and some stay, with where they end: u32 each, at any place in memory. Writes fewer bytes than
 * the text has, and returns how many. */
size_t unit_remove_lines(char *out, struct ll_str text, const uint64_t *gone, uint64_t keys, const unsigned char *line_end);

/* url_key.c: the normalised URL of a document, or false without one: its tag "url", else the member "url" of its JSON. */
bool url_of_document(struct ll_buf *out, const struct ll_doc *doc);
void url_normalize(struct ll_buf *out, struct ll_str url);

#endif
