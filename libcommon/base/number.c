/* SPDX-License-Identifier: MIT */
#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int ll_parse_u64(struct ll_str s, uint64_t *out)
{
	uint64_t v = 0;
	if (s.len == 0)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned char)s.data[i] - '0';
		if (digit > 9 || __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v))
			return -1;
	}
	*out = v;
	return 0;
}

int ll_parse_i64(struct ll_str s, int64_t *out)
{
	uint64_t v;
	bool negative = s.len > 0 && s.data[0] == '-';
	if (negative)
		s = ll_str(s.data + 1, s.len - 1);
	if (ll_parse_u64(s, &v) < 0 || v > (uint64_t)INT64_MAX + negative)
		return -1;
	*out = negative ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

int ll_parse_double(struct ll_str s, double *out)
{
	char text[400], *end;
	if (s.len == 0 || s.len >= sizeof(text))
		return -1;
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("0123456789+-.eE", s.data[i]) || s.data[i] == '\0')
			return -1;
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	double v = strtod(text, &end); /* the programs never call setlocale: the decimal sign is a point */
	if (*end != '\0' || !isfinite(v))
		return -1;
	*out = v;
	return 0;
}

int ll_parse_size(struct ll_str s, uint64_t *out)
{
	static const char units[] = "KMGT";
	size_t digits = 0;
	while (digits < s.len && ((s.data[digits] >= '0' && s.data[digits] <= '9') || s.data[digits] == '.'))
		digits++;
	struct ll_str unit = ll_str(s.data + digits, s.len - digits);
	uint64_t scale = 1;
	if (unit.len > 0) {
		const char *u = strchr(units, unit.data[0] & ~0x20);
		bool ok = unit.len == 1 || ll_str_is(ll_str(unit.data + 1, unit.len - 1), "B") ||
			  ll_str_is(ll_str(unit.data + 1, unit.len - 1), "iB");
		if (!u || !ok || !(unit.data[0] & ~0x20))
			return -1;
		scale = (uint64_t)1 << (10 * (u - units + 1));
	}
	uint64_t whole;
	if (ll_parse_u64(ll_str(s.data, digits), &whole) == 0)
		return __builtin_mul_overflow(whole, scale, out) ? -1 : 0;
	double v;
	if (ll_parse_double(ll_str(s.data, digits), &v) < 0 || v * (double)scale >= 0x1p63)
		return -1;
	*out = (uint64_t)(v * (double)scale);
	return 0;
}

void ll_put_double(struct ll_buf *b, double v)
{
	char text[40];
	if (isnan(v)) {
		ll_buf_puts(b, "nan");
		return;
	}
	if (isinf(v)) {
		ll_buf_puts(b, v < 0 ? "-inf" : "inf");
		return;
	}
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(text, sizeof(text), "%.*g", precision, v);
		if (precision == 17 || strtod(text, NULL) == v)
			break;
	}
	ll_buf_puts(b, text);
}

static char *human(char out[16], double v, const char *const *units)
{
	int u = 0;
	while (v >= 999.5 && u < 4) {
		v /= 1000;
		u++;
	}
	snprintf(out, 16, u == 0 ? "%.0f%s" : v < 9.995 ? "%.2f%s" : v < 99.95 ? "%.1f%s" : "%.0f%s", v, units[u]);
	return out;
}

char *ll_human_bytes(char out[16], double bytes)
{
	static const char *const units[] = { " B", " kB", " MB", " GB", " TB" };
	return human(out, bytes, units);
}

char *ll_human_count(char out[16], double count)
{
	static const char *const units[] = { "", "k", "M", "G", "T" };
	return human(out, count, units);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

double ll_median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}
