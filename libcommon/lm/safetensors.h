/* SPDX-License-Identifier: MIT */
/*
 * safetensors.h - tensors in a file, as Hugging Face reads and writes them (github.com/huggingface/safetensors,
 * "Format"):
 *
 *   u64 N (little-endian) | N bytes of JSON, padded with spaces | the buffer
 *   {"NAME":{"dtype":"F32","shape":[..],"data_offsets":[BEGIN,END]}, ..., "__metadata__":{"format":"pt"}}
 *
 * Offsets count from the start of the buffer; row-major; the tensors fill the buffer without holes, overlaps or
 * trailing bytes. The parser believes nothing that is not backed by bytes.
 */
#ifndef LL_SAFETENSORS_H
#define LL_SAFETENSORS_H

#include "base/error.h"
#include "base/hash.h"

#define LL_SAFETENSORS_DIMS 8
#define LL_SAFETENSORS_HEADER_MAX ((size_t)100 << 20)

struct ll_safetensor {
	char *name;
	char dtype[12]; /* "F32", "BF16", ... */
	unsigned dims;
	uint64_t shape[LL_SAFETENSORS_DIMS];
	uint64_t elements, begin, end; /* begin and end in the buffer */
	const unsigned char *data;     /* borrowed from the file's bytes */
};

struct ll_safetensors {
	struct ll_safetensor *tensor; /* in the order of their data */
	size_t n;
};

/* Parses the bytes of a whole file; they must outlive the result. Pure. */
int ll_safetensors_parse(struct ll_str bytes, struct ll_safetensors *out, struct ll_err *err) LL_MUST_CHECK;
void ll_safetensors_free(struct ll_safetensors *s);
/* By name, or NULL. */
const struct ll_safetensor *ll_safetensors_find(const struct ll_safetensors *s, const char *name);
/* All elements as float32; F32, F16 and BF16 convert exactly. Any other dtype is an error. */
int ll_safetensor_f32(const struct ll_safetensor *t, float *out, struct ll_err *err) LL_MUST_CHECK;

/* A float32 tensor to be written. Memory holds it row-major with `shape` (dims 1 or 2); a transposed one is written
 * with rows and columns exchanged; with heads, rows that lie as Q | K | V are written as Q K V of each head in turn;
 * `before` rows of zeros are written first. */
struct ll_safetensor_source {
	const char *name;
	unsigned dims;
	uint64_t shape[2]; /* in memory */
	const float *data;
	bool transpose;
	uint64_t heads, before;
};
struct ll_out;
/* Writes a whole file into an open output, the header padded so that the data starts at a multiple of 64, with the
 * metadata
 * {"format":"pt"} that transformers asks for. `hash` (may be NULL) receives every byte. */
void ll_safetensors_write(struct ll_out *out, struct ll_hash128_state *hash, const struct ll_safetensor_source *t,
			  size_t n);

/* float32, little-endian, as in both files of a checkpoint. `hash` (may be NULL) receives every byte. */
void ll_put_floats(struct ll_out *out, struct ll_hash128_state *hash, const float *data, size_t n);

#endif
