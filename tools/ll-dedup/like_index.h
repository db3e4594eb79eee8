/* SPDX-License-Identifier: MIT */
/*
 * like_index.h - for walk.c and chains.c: which of many sets can be like one (the method is in walk.h). By the prefixes of what is
 * looked up of sets (shingle_order.h) while those that share a part of one are few; where they are many, all are gone through by
 * their sketches.
 */
#ifndef LL_LIKE_INDEX_H
#define LL_LIKE_INDEX_H

#include "ll-dedup/walk.h"

struct like_index;
struct like_index *like_index_new(enum likeness how, double threshold);
/* Before the first add: what frequency of shingles the order goes by. */
void like_index_count(struct like_index *x, const unsigned char *shingles, uint32_t n);
/* After the last count: choose of all sets again, then settle, once. They find out what is common to most. */
void like_index_choose(struct like_index *x, const unsigned char *shingles, uint32_t n);
void like_index_settle(struct like_index *x);
/* Not of a large set (members.h); numbers ascend. */
void like_index_add(struct like_index *x, uint32_t number, const unsigned char *shingles, uint32_t n);
uint64_t like_index_bytes(const struct like_index *x);
/* Asks for the sets that can be like this one, which may be large. */
void like_index_ask(struct like_index *x, const unsigned char *shingles, uint32_t n);
/* The number of the next of them, ascending; UINT32_MAX after the last. Whether it can be, by its sketch, is told apart. */
uint32_t like_index_next(struct like_index *x);
bool like_index_may_be(const struct like_index *x, uint32_t number);
/* True once most questions are answered by going through all sets. */
bool like_index_fails(const struct like_index *x);
void like_index_free(struct like_index *x);

#endif
