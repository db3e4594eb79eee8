/* SPDX-License-Identifier: MIT */
/*
 * record.h - the document record (kind "docs", schema 1; ll-docs.5). A view points into a frame or into the caller's memory;
 * nothing is owned.
 *
 *   u32 size, u32 core                  of the whole record; of the core that starts at byte 8
 *   key 16 | u32 lengths of id, source, text, skeleton, verbatim, tags | u32 hole | u8 form | u8 flags | u16 zero
 *   id, source, text, skeleton, verbatim, tags            (end of core)
 *   volatile tags: "origin" and "reject.*"                (to the end of the record)
 *
 * text is valid UTF-8. The skeleton is the JSON line without the text member's string: the escaped text in its quotes goes
 * in at byte `hole`. A document without skeleton exports as {"id":...,"source":...,"text":...} with empty members left out.
 */
#ifndef LL_RECORD_H
#define LL_RECORD_H

#include "base/error.h"
#include "base/hash.h"

#define LL_DOC_FIXED 56u                       /* bytes before `id` */
#define LL_TEXT_MAX ((size_t)64 << 20)         /* longer texts are rejected at import */

enum ll_escape_form {
	LL_ESCAPE_MINIMAL = 0,  /* only what JSON demands: " \ and controls, with the short escapes */
	LL_ESCAPE_ASCII = 1,    /* as Python's json.dumps: non-ASCII as \uXXXX, lower-case hexadecimal */
	LL_ESCAPE_VERBATIM = 2, /* `verbatim` holds the escaped bytes as they came; until the text is edited */
};

enum ll_doc_flags {
	LL_DOC_NO_NEWLINE = 1, /* the line was the last of its file and had no "\n": honoured when exported last */
};

struct ll_doc {
	struct ll_id key; /* XXH3-128 of (source, id), or of (source, text) without an id; set at import, never changed */
	struct ll_str id, source, text;
	struct ll_str skeleton, verbatim;
	uint32_t hole;
	uint8_t form, flags;
	struct ll_str tags, volatile_tags; /* tag lists, see below */
};

/* Checks every length and the tag lists (not UTF-8: text was checked when it was made). */
int ll_doc_get(const void *record, size_t len, struct ll_doc *out, struct ll_err *err) LL_MUST_CHECK;
/* The record behind a view that ll_doc_get made, while its fields are as read. */
static inline const void *ll_doc_record(const struct ll_doc *d)
{
	return d->id.data - LL_DOC_FIXED;
}
/* Appends the serialized record. Tags named "origin" or "reject.*" must be in volatile_tags. */
void ll_doc_put(struct ll_buf *out, const struct ll_doc *d);
/* Where ll_doc_put would put the text of d into out: room for as many bytes as that text has. What is written there may be given to
 * d as its text, and ll_doc_put leaves it where it stands, when neither out nor d's id and source were changed in between. */
char *ll_doc_text_place(struct ll_buf *out, const struct ll_doc *d);
size_t ll_doc_size(const struct ll_doc *d);
/* The key made at import. */
struct ll_id ll_doc_key(struct ll_str source, struct ll_str id, struct ll_str text);
/* Gives the document another text: the verbatim form, no longer true, is dropped (ASCII stays ASCII). */
void ll_doc_set_text(struct ll_doc *d, struct ll_str text);

/* ---- tags: a list of (u8 type, u16 name length, u32 value length, name, value) ---- */
enum ll_tag_type { LL_TAG_STRING = 's', LL_TAG_INT = 'i', LL_TAG_FLOAT = 'f', LL_TAG_LIST = 'l' };

struct ll_tag {
	enum ll_tag_type type;
	struct ll_str name;
	struct ll_str value; /* string bytes; i64 or f64 little-endian; or a tag list with empty names */
};

/* Walks a list: *pos starts at 0. Returns false at the end. The list must have passed ll_doc_get. */
bool ll_tag_next(struct ll_str tags, size_t *pos, struct ll_tag *out);
/* The last tag of that name wins. */
bool ll_tag_find(struct ll_str tags, const char *name, struct ll_tag *out);
int64_t ll_tag_int(const struct ll_tag *t);
double ll_tag_float(const struct ll_tag *t);
bool ll_tag_is_volatile(struct ll_str name);
void ll_tags_add_string(struct ll_buf *tags, const char *name, struct ll_str value);
void ll_tags_add_int(struct ll_buf *tags, const char *name, int64_t value);
void ll_tags_add_float(struct ll_buf *tags, const char *name, double value);
void ll_tags_add_list(struct ll_buf *tags, const char *name, struct ll_str items);
/* One JSON object of all tags (a repeated name: the last), as export --tags prints under "ll". */
void ll_tags_json(struct ll_buf *out, struct ll_str tags, struct ll_str volatile_tags);

/* ---- JSON in and out (uses text/json.h) ---- */
/* The line exactly as it would be exported, without newline; with_tags adds the member "ll". */
void ll_doc_json(struct ll_buf *out, const struct ll_doc *d, bool with_tags);

#endif
