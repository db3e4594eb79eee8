/* SPDX-License-Identifier: MIT */
/*
 * hash.h - XXH3 (xxHash 0.8 specification) under the names the suite uses. Seeds are 0 unless said.
 *
 * struct ll_id is a 128-bit XXH3 digest in canonical (big-endian) byte order: comparing bytes, printing hexadecimal and
 * sorting agree, on any machine.
 */
#ifndef LL_HASH_H
#define LL_HASH_H

#include "base/buffer.h"

struct ll_id {
	unsigned char byte[16];
};

uint64_t ll_hash64(const void *data, size_t len);
uint64_t ll_hash64_seeded(const void *data, size_t len, uint64_t seed);
struct ll_id ll_hash128(const void *data, size_t len);
/* The same of n pieces of a text that stand one byte apart, as lines do: out[0] of bytes [start, end[0]), out[i] of bytes
 * [end[i - 1] + 1, end[i]). */
void ll_hash128_pieces(const char *text, size_t start, const uint32_t *end, size_t n, struct ll_id *out);

/* Incremental XXH3-128. */
struct ll_hash128_state;
struct ll_hash128_state *ll_hash128_new(void);
void ll_hash128_update(struct ll_hash128_state *s, const void *data, size_t len);
struct ll_id ll_hash128_digest(const struct ll_hash128_state *s); /* the state may go on */
void ll_hash128_free(struct ll_hash128_state *s);

static inline bool ll_id_eq(struct ll_id a, struct ll_id b)
{
	return memcmp(a.byte, b.byte, 16) == 0;
}

static inline int ll_id_cmp(struct ll_id a, struct ll_id b)
{
	return memcmp(a.byte, b.byte, 16);
}

/* The first 64 bits, big-endian: orders as the id does. */
uint64_t ll_id_high64(struct ll_id id);
uint64_t ll_id_low64(struct ll_id id);
/* a += b mod 2^128: set ids add up over shards. */
void ll_id_add(struct ll_id *a, struct ll_id b);
/* 32 lower-case hexadecimal digits and a NUL. */
char *ll_id_hex(struct ll_id id, char out[33]);
int ll_id_parse(struct ll_str hex, struct ll_id *out) LL_MUST_CHECK;

#endif
