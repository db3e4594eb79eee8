/* SPDX-License-Identifier: MIT */
/*
 * json_tree.h - small JSON documents (manifests, run states, configurations) as json-c trees, strictly: one object,
 * valid UTF-8, no duplicate keys at the top level, nothing after it; members of the type asked for, integers exactly
 * and within [0, 2^53]. And the checksum that seals such a file, so that any changed byte shows.
 */
#ifndef LL_JSON_TREE_H
#define LL_JSON_TREE_H

#include "base/buffer.h"
#include "base/error.h"

struct json_object;

/* Any JSON text, strictly: valid UTF-8, no lone surrogates, no NUL in a key (json-c would end it there), at most `depth`
 * deep, nothing behind it. NULL and "byte N: ..." on error. json-c 0.16 takes the second half of a pair of escaped
 * surrogates for a lone one where the first has the bits of a trail (U+1D800..U+1DFFF and so on), so pairs are written
 * out before it sees them. The caller frees the value with json_object_put. */
struct json_object *ll_json_value_parse(struct ll_str text, int depth, struct ll_err *err) LL_MUST_CHECK;

/* NULL on error. The caller frees the tree with json_object_put. */
struct json_object *ll_json_tree_parse(struct ll_str text, struct ll_err *err) LL_MUST_CHECK;
/* A member, or NULL and "member NAME is missing" / "is not a ..." in err. Strings are borrowed from the tree; one with
 * a NUL byte inside is refused. `null` counts as missing. */
const char *ll_json_tree_string(struct json_object *o, const char *key, struct ll_err *err);
int ll_json_tree_u64(struct json_object *o, const char *key, uint64_t *out, struct ll_err *err) LL_MUST_CHECK;
int ll_json_tree_i64(struct json_object *o, const char *key, int64_t *out, struct ll_err *err) LL_MUST_CHECK;
int ll_json_tree_double(struct json_object *o, const char *key, double *out, struct ll_err *err) LL_MUST_CHECK;
int ll_json_tree_bool(struct json_object *o, const char *key, bool *out, struct ll_err *err) LL_MUST_CHECK;
struct json_object *ll_json_tree_array(struct json_object *o, const char *key, struct ll_err *err);
struct json_object *ll_json_tree_object(struct json_object *o, const char *key, struct ll_err *err);
/* -1 when a member's name is not among the n names. */
int ll_json_tree_only(struct json_object *o, const char *const *names, size_t n, struct ll_err *err) LL_MUST_CHECK;

/* The seal: a member "checksum" of 32 hexadecimal digits, XXH3-128 of the whole file with these digits written as
 * zeros. A writer puts LL_JSON_SEAL_BLANK as the value of the last member and calls ll_json_seal. */
#define LL_JSON_SEAL_BLANK "00000000000000000000000000000000"
void ll_json_seal(struct ll_buf *text);
/* 0 when the seal is there and right. */
int ll_json_seal_check(struct ll_str text, struct ll_err *err) LL_MUST_CHECK;

#endif
