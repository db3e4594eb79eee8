/* SPDX-License-Identifier: MIT */
/* JSON strings unescaped and escaped (json.h). */
#include "text/json.h"

#include "base/cpu.h"
#include "text/json_bytes.h"
#include "text/json_wide.h"
#include "text/utf8.h"

/* Copies from *p to the next backslash, or to the end, and moves both; may write 16 bytes behind. */
static inline void copy_plain(char **to, const char **p, const char *end)
{
#ifdef __SSE2__
	const __m128i slash = _mm_set1_epi8('\\');
	for (; end - *p >= 16; *p += 16, *to += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)*p);
		int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(v, slash));
		_mm_storeu_si128((__m128i *)(void *)*to, v);
		if (mask) {
			*p += __builtin_ctz((unsigned)mask);
			*to += __builtin_ctz((unsigned)mask);
			return;
		}
	}
#endif
	while (*p < end && **p != '\\')
		*(*to)++ = *(*p)++;
}

int ll_json_unescape(struct ll_buf *out, struct ll_str raw, struct ll_err *err)
{
	unsigned forms;

	return ll_json_unescape_noting(out, raw, &forms, err);
}

int ll_json_unescape_noting(struct ll_buf *out, struct ll_str raw, unsigned *forms, struct ll_err *err)
{
	const char *p = raw.data + 1, *end = raw.data + raw.len - 1;
	char *to = ll_buf_reserve(out, raw.len + LL_JSON_ROOM);

	enum ll_cpu cpu LL_UNUSED = ll_cpu();
	bool slash = false;

	*forms = 0;
	for (;;) {
		int v, w;
#ifdef HAVE_AVX
		if (cpu != LL_CPU_SCALAR)
			(cpu == LL_CPU_AVX512 ? ll_json_unescape_avx512 : ll_json_unescape_avx2)(&p, end, &to, &slash);
		else
#endif
			copy_plain(&to, &p, end);
		if (p == end)
			break;
		p += 2;
		switch (p[-1]) {
		case 'n':
			*to++ = '\n';
			break;
		case 't':
			*to++ = '\t';
			break;
		case 'r':
			*to++ = '\r';
			break;
		case 'b':
			*to++ = '\b';
			break;
		case 'f':
			*to++ = '\f';
			break;
		case 'u':
			*forms |= LL_JSON_U;
			v = hex4(p, end);
			p += 4;
			if (v < 0)
				return ll_err_set(err, "\\u without four hexadecimal digits");
			if (v >= 0xd800 && v <= 0xdfff) {
				w = v < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? hex4(p + 2, end) : -1;
				if (w < 0xdc00 || w > 0xdfff)
					return ll_err_set(err, "a lone surrogate \\u%04x", (unsigned)v);
				v = 0x10000 + ((v - 0xd800) << 10) + (w - 0xdc00);
				p += 6;
			}
			to += ll_utf8_put(to, (uint32_t)v);
			break;
		case '/':
			slash = true;
			*to++ = '/';
			break;
		default:
			*to++ = p[-1];
		}
	}
	*forms |= slash ? LL_JSON_SLASH : 0;
	out->len = (size_t)(to - out->data);
	return 0;
}

static char *put_u(char *to, unsigned v)
{
	static const char hex[] = "0123456789abcdef";

	*to++ = '\\';
	*to++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*to++ = hex[v >> shift & 15];
	return to;
}

void ll_json_escape_bare(struct ll_buf *out, struct ll_str s, bool ascii)
{
	static const char shorts[32] = { ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r' };
	if (s.len == 0)
		return;
	const char *p = s.data, *end = s.data + s.len;

	while (p < end) {
		const char *stop = p;
		if (ascii)
			while (stop < end && (unsigned char)*stop >= 0x20 && (unsigned char)*stop < 0x80 &&
			       *stop != '"' && *stop != '\\')
				stop++;
		else
			stop = plain_end(p, end);
		ll_buf_add(out, p, (size_t)(stop - p));
		p = stop;
		if (p == end)
			break;
		char *start = ll_buf_reserve(out, 12), *to = start;
		unsigned char c = (unsigned char)*p;
		if (c >= 0x80) {
			uint32_t v = ll_utf8_next(&p);
			if (v >= 0x10000) {
				to = put_u(to, 0xd800 + ((v - 0x10000) >> 10));
				v = 0xdc00 + ((v - 0x10000) & 0x3ff);
			}
			to = put_u(to, v);
		} else {
			p++;
			if (c == '"' || c == '\\' || shorts[c & 31]) {
				*to++ = '\\';
				*to++ = c == '"' || c == '\\' ? (char)c : shorts[c];
			} else {
				to = put_u(to, c);
			}
		}
		out->len += (size_t)(to - start);
	}
}

void ll_json_escape(struct ll_buf *out, struct ll_str s, bool ascii)
{
	ll_buf_reserve(out, s.len + 2);
	ll_buf_putc(out, '"');
	ll_json_escape_bare(out, s, ascii);
	ll_buf_putc(out, '"');
}

void ll_json_escape_any(struct ll_buf *out, struct ll_str s)
{
	struct ll_buf repaired = { 0 };
	ll_utf8_repair(&repaired, s.data, s.len);
	ll_json_escape(out, ll_buf_str(&repaired), false);
	ll_buf_free(&repaired);
}
