/* SPDX-License-Identifier: MIT */
/*
 * number.h - strict reading and writing of numbers, independent of locale. A reader accepts the whole range or nothing: no
 * leading or trailing space, no partial numbers. Returns 0, or -1 with *out untouched.
 */
#ifndef LL_NUMBER_H
#define LL_NUMBER_H

#include "base/buffer.h"

int ll_parse_u64(struct ll_str s, uint64_t *out) LL_MUST_CHECK;
int ll_parse_i64(struct ll_str s, int64_t *out) LL_MUST_CHECK;
/* JSON numbers and also "inf", "nan" are refused: finite decimal numbers only. */
int ll_parse_double(struct ll_str s, double *out) LL_MUST_CHECK;
/* 123, 64K, 1.5M, 2G, 1T: units of 1024; "KiB" and "KB" spellings are accepted too. */
int ll_parse_size(struct ll_str s, uint64_t *out) LL_MUST_CHECK;

/* The shortest decimal that reads back to the same double ("0.1", "1e-05"); non-finite values as nan, inf, -inf. */
void ll_put_double(struct ll_buf *b, double v);
/* "1.2 GB" style for people: powers of 1000. Returns a pointer into `out`. */
char *ll_human_bytes(char out[16], double bytes);
char *ll_human_count(char out[16], double count);

/* The median of n >= 1 values, of an even number the mean of the middle two; sorts v. */
double ll_median(double *v, size_t n);

#endif
