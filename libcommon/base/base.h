/* SPDX-License-Identifier: MIT */
/*
 * base.h - the first include of every file of lltools.
 *
 * Feature macros, attributes, checked arithmetic and little-endian access. Everything in libcommon/base is free of
 * knowledge about documents and models; it may be used from any room and includes no other room.
 *
 *   base.h    this file                     error.h   exit statuses, ll_die, warnings, clean-up at any end
 *   memory.h  allocation and the budget     buffer.h  growable bytes
 *   number.h  strict numbers and sizes      hash.h    XXH3 ids
 *   random.h  counter-based random numbers  thread.h  parallel loops and the ordered queue
 *   option.h  option tables, program life   config.h  key = value files
 *   log.h     progress and the last line    cpu.h     which CPU path is in force
 */
#ifndef LL_BASE_H
#define LL_BASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __SIZEOF_SIZE_T__ < 8
#error "lltools needs a 64-bit system: sizes, offsets and mapped files go beyond 4 GiB, and sums need 128-bit integers"
#endif

#define LL_VERSION "0.1.0"

#define LL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define LL_NORETURN __attribute__((noreturn))
#define LL_MUST_CHECK __attribute__((warn_unused_result))
#define LL_UNUSED __attribute__((unused))
#define LL_LIKELY(x) __builtin_expect(!!(x), 1)
#define LL_UNLIKELY(x) __builtin_expect(!!(x), 0)

#define LL_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LL_MIN(a, b) ((a) < (b) ? (a) : (b))
#define LL_MAX(a, b) ((a) > (b) ? (a) : (b))

#define LL_KIB ((size_t)1 << 10)
#define LL_MIB ((size_t)1 << 20)
#define LL_GIB ((size_t)1 << 30)

/* A borrowed range of bytes, not NUL-terminated. The owner is said wherever one is handed out. */
struct ll_str {
	const char *data;
	size_t len;
};

static inline struct ll_str ll_str(const char *data, size_t len)
{
	return (struct ll_str){ data, len };
}

static inline struct ll_str ll_cstr(const char *s)
{
	return (struct ll_str){ s, strlen(s) };
}

static inline bool ll_str_eq(struct ll_str a, struct ll_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool ll_str_is(struct ll_str a, const char *s)
{
	return ll_str_eq(a, ll_cstr(s));
}

/* Where the last byte `c` of n is, or NULL: memrchr(3), which some systems lack. */
static inline const char *ll_last_byte(const char *s, char c, size_t n)
{
	while (n > 0)
		if (s[--n] == c)
			return s + n;
	return NULL;
}

/* Saturating size arithmetic: an overflow becomes SIZE_MAX, which no allocation satisfies. */
static inline size_t ll_size_mul(size_t a, size_t b)
{
	size_t r;
	return __builtin_mul_overflow(a, b, &r) ? SIZE_MAX : r;
}

static inline size_t ll_size_add(size_t a, size_t b)
{
	size_t r;
	return __builtin_add_overflow(a, b, &r) ? SIZE_MAX : r;
}

/* Little-endian access at any alignment; on little-endian machines a plain load (written out, since gcc 12 leaves the loop over
 * bytes a loop at -O2). */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LL_DEFINE_LE(bits)                                                      \
	static inline uint##bits##_t ll_get##bits(const void *p)                \
	{                                                                       \
		uint##bits##_t v;                                               \
		memcpy(&v, p, sizeof v);                                        \
		return v;                                                       \
	}                                                                       \
	static inline void ll_put##bits(void *p, uint##bits##_t v)              \
	{                                                                       \
		memcpy(p, &v, sizeof v);                                        \
	}
#else
#define LL_DEFINE_LE(bits)                                                      \
	static inline uint##bits##_t ll_get##bits(const void *p)                \
	{                                                                       \
		const unsigned char *b = p;                                     \
		uint##bits##_t v = 0;                                           \
		for (int i = bits / 8 - 1; i >= 0; i--)                         \
			v = (uint##bits##_t)((uint64_t)v << 8 | b[i]);          \
		return v;                                                       \
	}                                                                       \
	static inline void ll_put##bits(void *p, uint##bits##_t v)              \
	{                                                                       \
		unsigned char *b = p;                                           \
		for (int i = 0; i < bits / 8; i++) {                            \
			b[i] = (unsigned char)(v & 0xff);                       \
			v = (uint##bits##_t)((uint64_t)v >> 8);                 \
		}                                                               \
	}
#endif
LL_DEFINE_LE(16)
LL_DEFINE_LE(32)
LL_DEFINE_LE(64)
#undef LL_DEFINE_LE

/* Big-endian in so many bytes, 1 to 8: keys of sorted records, which compare as bytes. */
static inline void ll_put_be(unsigned char *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (unsigned char)(v >> 8 * (bytes - 1 - i));
}
static inline uint64_t ll_get_be(const unsigned char *p, int bytes)
{
	uint64_t v = 0;
	for (int i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

#endif
