/* SPDX-License-Identifier: MIT */
/*
 * gguf.h - the metadata of a GGUF file (github.com/ggml-org/ggml/blob/master/docs/gguf.md), versions 2 and 3, little
 * endian: magic, u32 version, u64 tensors, u64 pairs, then pairs of key (u64 length, bytes), u32 type, value; an array
 * is u32 type, u64 length, elements; then an entry a tensor: name, u32 dimensions, u64 each (the first is that of
 * neighbours in memory), u32 type, u64 offset; then, from a multiple of 32 on, the tensors. No count or length is
 * believed beyond the bytes that are there.
 */
#ifndef LL_GGUF_H
#define LL_GGUF_H

#include "base/buffer.h"
#include "base/error.h"

enum ll_gguf_type {
	LL_GGUF_U8,
	LL_GGUF_I8,
	LL_GGUF_U16,
	LL_GGUF_I16,
	LL_GGUF_U32,
	LL_GGUF_I32,
	LL_GGUF_F32,
	LL_GGUF_BOOL,
	LL_GGUF_STRING,
	LL_GGUF_ARRAY,
	LL_GGUF_U64,
	LL_GGUF_I64,
	LL_GGUF_F64,
	LL_GGUF_TYPES
};

/* A value in the file: of an array, `type` is that of its elements and n their number; else n is 1. */
struct ll_gguf_value {
	enum ll_gguf_type type;
	bool array;
	uint64_t n;
	struct ll_str data;
};

/* Goes through all pairs of the file and gives every one to `pair`, which returns 0 to go on. -1 and "byte N: ..." when
 * the file is damaged, or what `pair` returned. */
int ll_gguf_read(struct ll_str file, int (*pair)(void *context, struct ll_str key, struct ll_gguf_value value),
		 void *context, struct ll_err *err) LL_MUST_CHECK;
/* The next string of an array of strings, or of a string: cuts it off value->data. Data NULL at the end. */
struct ll_str ll_gguf_next_string(struct ll_gguf_value *value);
/* The next number of an array, or a number, as a double, which holds all but the largest 64-bit ones; 0 at the end. */
double ll_gguf_next_number(struct ll_gguf_value *value);

/* ---- writing ---- */

#define LL_GGUF_ALIGNMENT 32

/* Types of tensors: those written here, by their numbers in the file. */
enum ll_gguf_tensor_type { LL_GGML_F32 = 0, LL_GGML_F16 = 1, LL_GGML_Q8_0 = 8, LL_GGML_BF16 = 30 };

/* The 24 bytes before the first pair, version 3. */
void ll_gguf_put_head(struct ll_buf *out, uint64_t tensors, uint64_t pairs);
/* A key with the type of the value that follows. */
void ll_gguf_put_key(struct ll_buf *out, const char *key, enum ll_gguf_type type);
/* A string value: alone, or an element of an array. */
void ll_gguf_put_text(struct ll_buf *out, struct ll_str s);
/* A key and the head of an array of n elements that follow. */
void ll_gguf_put_array(struct ll_buf *out, const char *key, enum ll_gguf_type type, uint64_t n);
/* Whole pairs. */
void ll_gguf_put_string(struct ll_buf *out, const char *key, const char *value);
void ll_gguf_put_u32(struct ll_buf *out, const char *key, uint32_t value);
void ll_gguf_put_f32(struct ll_buf *out, const char *key, float value);
void ll_gguf_put_bool(struct ll_buf *out, const char *key, bool value);
/* The entry of a tensor; shape as in memory, the last dimension that of neighbours. */
void ll_gguf_put_tensor(struct ll_buf *out, const char *name, unsigned dims, const uint64_t *shape,
			enum ll_gguf_tensor_type type, uint64_t offset);

#endif
