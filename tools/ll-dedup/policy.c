/* SPDX-License-Identifier: MIT */
#include "ll-dedup/policy.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "doc/record.h"

struct policy policy_parse(const char *text)
{
	if (strcmp(text, "longest") == 0)
		return (struct policy){ KEEP_LONGEST, NULL };
	if (strcmp(text, "first") == 0)
		return (struct policy){ KEEP_FIRST, NULL };
	if (strcmp(text, "newest") == 0)
		return (struct policy){ KEEP_NEWEST, "date" };
	if (strncmp(text, "newest:", 7) == 0 && text[7])
		return (struct policy){ KEEP_NEWEST, text + 7 };
	if (strncmp(text, "max:", 4) == 0 && text[4])
		return (struct policy){ KEEP_MAX, text + 4 };
	ll_die(LL_EXIT_USAGE, "--keep=%s: not longest, first, newest, newest:TAG or max:TAG", text);
}

/* Takes `digits` digits within [low, high]. */
static bool number(struct ll_str *s, size_t digits, int64_t low, int64_t high, int64_t *out)
{
	int64_t v = 0;

	if (s->len < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (s->data[i] < '0' || s->data[i] > '9')
			return false;
		v = 10 * v + (s->data[i] - '0');
	}
	*s = ll_str(s->data + digits, s->len - digits);
	*out = v;
	return v >= low && v <= high;
}

static bool take(struct ll_str *s, char c)
{
	if (s->len == 0 || s->data[0] != c)
		return false;
	*s = ll_str(s->data + 1, s->len - 1);
	return true;
}

/* Days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms", days_from_civil). */
static int64_t days(int64_t year, int64_t month, int64_t day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool time_of_day(struct ll_str *s, int64_t *microseconds)
{
	int64_t hour, minute, second = 0, unit = 100000, offset_hour, offset_minute = 0;

	if (!number(s, 2, 0, 24, &hour) || !take(s, ':') || !number(s, 2, 0, 59, &minute) ||
	    (take(s, ':') && !number(s, 2, 0, 60, &second)))
		return false;
	*microseconds += ((hour * 60 + minute) * 60 + second) * 1000000;
	if (take(s, '.') || take(s, ',')) {
		int64_t digit;
		while (number(s, 1, 0, 9, &digit)) {
			*microseconds += digit * unit;
			unit /= 10;
		}
	}
	if (s->len == 0 || take(s, 'Z') || take(s, 'z'))
		return true;
	int64_t sign = s->data[0] == '+' ? 1 : -1;
	if (!(take(s, '+') || take(s, '-')) || !number(s, 2, 0, 23, &offset_hour))
		return false;
	take(s, ':');
	if (s->len && !number(s, 2, 0, 59, &offset_minute))
		return false;
	*microseconds -= sign * (offset_hour * 60 + offset_minute) * 60000000;
	return true;
}

int policy_date(struct ll_str s, int64_t *microseconds)
{
	int64_t year, month = 1, day = 1, out;

	if (!number(&s, 4, 0, 9999, &year))
		return -1;
	if (take(&s, '-') && (!number(&s, 2, 1, 12, &month) || (take(&s, '-') && !number(&s, 2, 1, 31, &day))))
		return -1;
	out = days(year, month, day) * 86400000000;
	if ((take(&s, 'T') || take(&s, 't') || take(&s, ' ')) && !time_of_day(&s, &out))
		return -1;
	if (s.len)
		return -1;
	*microseconds = out;
	return 0;
}

/* Numbers ascending, as bits. */
static uint64_t bits_of(double v)
{
	uint64_t bits;

	v = v == 0 ? 0 : v; /* one zero */
	memcpy(&bits, &v, sizeof(bits));
	return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

uint64_t policy_rank(const struct policy *p, uint32_t text_bytes, struct ll_str tags)
{
	struct ll_tag tag;
	int64_t date;
	double value;

	if (p->keep == KEEP_LONGEST)
		return UINT32_MAX - text_bytes;
	if (!ll_tag_find(tags, p->tag, &tag))
		return POLICY_NONE;
	if (tag.type == LL_TAG_INT)
		value = (double)ll_tag_int(&tag);
	else if (tag.type == LL_TAG_FLOAT)
		value = ll_tag_float(&tag);
	else if (p->keep == KEEP_NEWEST && tag.type == LL_TAG_STRING && policy_date(tag.value, &date) == 0)
		value = (double)date / 1e6;
	else
		return POLICY_NONE;
	return isnan(value) ? POLICY_NONE : ~bits_of(value);
}
