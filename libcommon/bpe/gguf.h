/* SPDX-License-Identifier: MIT */
/*
 * gguf.h - the metadata of a GGUF file (github.com/ggml-org/ggml/blob/master/docs/gguf.md), versions 2 and 3, little
 * endian: magic, u32 version, u64 tensors, u64 pairs, then pairs of key (u64 length, bytes), u32 type, value; an array
 * is u32 type, u64 length, elements. No count or length is believed beyond the bytes that are there.
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

#endif
