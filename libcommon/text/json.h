/* SPDX-License-Identifier: MIT */
/*
 * json.h - the hot JSON: one JSONL line to the spans of its members, and strings unescaped and escaped. RFC 8259, strict:
 * one object a line, valid UTF-8, no duplicate keys at the top level, no lone surrogates in strings that are taken,
 * nesting at most 1000. Checked against json-c in tests. (Configuration, manifests and tokenizer.json use json-c.)
 */
#ifndef LL_JSON_H
#define LL_JSON_H

#include "base/buffer.h"
#include "base/error.h"

/* A member asked for: key in, span out. */
struct ll_json_field {
	struct ll_str key;   /* unescaped key, or a path: "meta.id" descends into objects where no member has the whole name */
	struct ll_str value; /* the raw value in the line, quotes included; data NULL when absent */
};

/* Checks the whole line and finds the fields. On error: "byte N: ..." with the cause (duplicate key, nesting, control byte in
 * a string, bad UTF-8, ...). */
int ll_json_line(struct ll_str line, struct ll_json_field *fields, size_t n, struct ll_err *err) LL_MUST_CHECK;
/* True when a raw value is a string. */
static inline bool ll_json_is_string(struct ll_str raw)
{
	return raw.len >= 2 && raw.data[0] == '"';
}
/* Appends the unescaped content of a raw string value (with quotes). \u0000 is legal; lone surrogates are an error. */
int ll_json_unescape(struct ll_buf *out, struct ll_str raw, struct ll_err *err) LL_MUST_CHECK;
/* The same, and which escapes were there besides those of one letter. */
enum ll_json_forms { LL_JSON_SLASH = 1 /* \/ */, LL_JSON_U = 2 /* \uXXXX */ };
int ll_json_unescape_noting(struct ll_buf *out, struct ll_str raw, unsigned *forms, struct ll_err *err) LL_MUST_CHECK;
/* Appends s with quotes: minimal (short escapes \b \t \n \f \r \" \\ and \u00XX lower-case for other controls), or ASCII
 * (the same, and \uXXXX for all above U+007F; Python's json.dumps escapes U+007F, too). */
void ll_json_escape(struct ll_buf *out, struct ll_str s, bool ascii);
/* Of bytes that need not be UTF-8, such as the name of a file: what is not becomes U+FFFD. Minimal. */
void ll_json_escape_any(struct ll_buf *out, struct ll_str s);
/* ll_json_escape without quotes. */
void ll_json_escape_bare(struct ll_buf *out, struct ll_str s, bool ascii);

#endif
