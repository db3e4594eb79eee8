/* SPDX-License-Identifier: MIT */
/* Lines and blocks of lines against a byte-by-byte splitter, over random texts, limits and block sizes. */
#include "test.h"

#include "base/memory.h"
#include "base/random.h"
#include "io/lines.h"

struct expected {
	size_t start, length;
	bool newline;
};

static size_t split(const char *text, size_t n, struct expected *out)
{
	size_t count = 0, start = 0;

	for (size_t i = 0; i < n; i++)
		if (text[i] == '\n') {
			out[count++] = (struct expected){ start, i - start, true };
			start = i + 1;
		}
	if (start < n)
		out[count++] = (struct expected){ start, n - start, false };
	return count;
}

static const char *check_lines(const char *text, size_t n, size_t max_line)
{
	struct expected *want = ll_malloc((n + 1) * sizeof(*want));
	size_t count = split(text, n, want), i = 0;
	struct ll_lines *l = ll_lines_on(ll_decoder_open("input"), max_line);
	struct ll_line line;
	const char *bad = NULL;

	for (; ll_lines_next(l, &line) && !bad; i++) {
		const struct expected *w = &want[i];
		if (i >= count)
			bad = "too many lines";
		else if (line.number != i + 1 || line.offset != w->start || line.length != w->length ||
			 line.newline != w->newline)
			bad = "place";
		else if (line.too_long != (w->length > max_line) || line.text.len != LL_MIN(w->length, max_line))
			bad = "length";
		else if (memcmp(line.text.data, text + w->start, line.text.len) != 0)
			bad = "bytes";
	}
	if (!bad && i != count)
		bad = "too few lines";
	ll_lines_close(l);
	ll_free(want);
	return bad;
}

static const char *check_blocks(const char *text, size_t n, size_t max_line, size_t target)
{
	struct expected *want = ll_malloc((n + 1) * sizeof(*want));
	size_t count = split(text, n, want), at = 0, number = 1;
	struct ll_lines *l = ll_lines_on(ll_decoder_open("input"), max_line);
	struct ll_line_block b;
	const char *bad = NULL;

	while (!bad && ll_lines_next_block(l, target, &b)) {
		if (b.offset != at || b.first_number != number || number > count) {
			bad = "place";
		} else if (b.too_long) {
			const struct expected *w = &want[number - 1];
			if (w->length != b.length || w->length <= max_line || b.len != max_line ||
			    memcmp(b.data, text + at, b.len) != 0)
				bad = "long line";
			at += w->length + w->newline;
			number++;
		} else {
			if (b.len == 0 || at + b.len > n || memcmp(b.data, text + at, b.len) != 0)
				bad = "bytes";
			else if (b.data[b.len - 1] != '\n' && at + b.len != n)
				bad = "a cut line";
			while (!bad && number <= count && want[number - 1].start < at + b.len) {
				if (want[number - 1].length > max_line)
					bad = "a long line inside";
				number++;
			}
			at += b.len;
		}
		ll_free(b.data);
	}
	if (!bad && at != n)
		bad = "too few bytes";
	ll_lines_close(l);
	ll_free(want);
	return bad;
}

static char *random_text(uint64_t seed, size_t n, unsigned density)
{
	char *text = ll_malloc(n + 1);

	for (size_t i = 0; i < n; i++) {
		uint64_t r = ll_random64(seed, 1, i);
		text[i] = r % density == 0 ? '\n' : r % 7 == 0 ? '\r' : r % 11 == 0 ? '\0' : (char)(r >> 32);
	}
	return text;
}

int main(void)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 10, 1000, 262143, 262144, 262145, 900000 };
	static const unsigned densities[] = { 2, 40, 3000, 1000000 };
	static const size_t limits[] = { 1, 5, 60, 4096, 300000, 2000000 };
	static const size_t targets[] = { 1, 64, 70000, 1 << 20 };

	for (size_t s = 0; s < LL_COUNT(sizes); s++) {
		const char *bad = NULL;
		for (size_t d = 0; d < LL_COUNT(densities) && !bad; d++) {
			char *text = random_text(s * 16 + d, sizes[s], densities[d]);
			ll_write_file("input", text, sizes[s]);
			for (size_t m = 0; m < LL_COUNT(limits) && !bad; m++) {
				bad = check_lines(text, sizes[s], limits[m]);
				for (size_t t = 0; t < LL_COUNT(targets) && !bad; t++)
					if (sizes[s] < 10000 || limits[m] > 60 || t > 1) /* keep it short */
						bad = check_blocks(text, sizes[s], limits[m], targets[t]);
				if (bad)
					diag("", "size %zu density %u limit %zu", sizes[s], densities[d], limits[m]);
			}
			ll_free(text);
		}
		ok(!bad, "lines and blocks of %zu random bytes%s%s", sizes[s], bad ? ": " : "", bad ? bad : "");
	}
	return test_done();
}
