/* SPDX-License-Identifier: MIT */
/*
 * minhash.h - MinHash signatures (A. Broder, "On the resemblance and containment of documents", SEQUENCES 1997): entry i is
 * the minimum over a document's shingles x of a[i] * x mod 2^32, a[i] odd: one permutation of the numbers below 2^32 for each
 * entry, which leaves only 0 where it is; so an x of 0 counts as 1. Two documents agree in an entry with a probability near the
 * Jaccard similarity s of their shingle sets.
 *
 * This is multiply-shift (M. Dietzfelbinger, T. Hagerup, J. Katajainen, M. Penttonen, "A reliable randomized algorithm for the
 * closest-pair problem", J. Algorithms 25, 1997), for the first bits of a product decide which is least. It is universal, which
 * is as good as random where the data are (M. Mitzenmacher, S. Vadhan, "Why simple hash functions work", SODA 2008), and they
 * are: shingles come as well-mixed 64 bits (text/ngrams.h), of which the upper 32 are x. Without an addend, which
 * other schemes have, entries agree as often and as independently as with random permutations: tests/unit/minhash_test.c measures it.
 *
 * The multipliers are published: a[i] is the low 32 bits of ll_random64(0, LL_MINHASH_PURPOSE, 2i) | 1. Every version of the
 * kernel gives equal bits.
 *
 * Bands: the signature is cut into `bands` of `rows` entries; two documents are candidates when a whole band is equal, which
 * happens with probability 1 - (1 - s^rows)^bands.
 */
#ifndef LL_MINHASH_H
#define LL_MINHASH_H

#include "base/base.h"

#define LL_MINHASH_MAX 16384u  /* entries of a signature */
#define LL_MINHASH_ROWS_MAX 256u
#define LL_MINHASH_LANES 16u      /* n, a and signatures are padded to a multiple of this */
#define LL_MINHASH_PURPOSE 0x6d696e68617368ull /* "minhash" */

struct ll_minhash {
	uint32_t n;      /* entries asked for, 1 .. LL_MINHASH_MAX */
	uint32_t padded; /* n rounded up to lanes */
	uint32_t *a;	 /* `padded` multipliers; owned */
};

void ll_minhash_init(struct ll_minhash *m, uint32_t n);
void ll_minhash_free(struct ll_minhash *m);

/* signature[0 .. padded): the minima over the upper halves of x[0 .. count); all ones for count 0. */
void ll_minhash_sign(const struct ll_minhash *m, const uint64_t *x, size_t count, uint32_t *signature);

/* The versions behind it: they lower signature[i], i < padded, which the caller has set. */
void ll_minhash_ref(const struct ll_minhash *m, const uint64_t *x, size_t count, uint32_t *signature);
void ll_minhash_avx2(const struct ll_minhash *m, const uint64_t *x, size_t count, uint32_t *signature);
void ll_minhash_avx512(const struct ll_minhash *m, const uint64_t *x, size_t count, uint32_t *signature);

/* out[k], k < bands: XXH3-64 of the band's rows as little-endian u32, seeded with k. bands * rows <= n, rows <=
 * LL_MINHASH_ROWS_MAX. */
void ll_minhash_bands(const uint32_t *signature, uint32_t bands, uint32_t rows, uint64_t *out);
/* The probability that documents of similarity s become candidates. */
double ll_minhash_recall(double s, uint32_t bands, uint32_t rows);

#endif
