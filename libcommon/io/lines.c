/* SPDX-License-Identifier: MIT */
#include "io/lines.h"

#include "base/error.h"
#include "base/memory.h"

#define READ_BYTES (256 * LL_KIB)

struct ll_lines {
	struct ll_decoder *d;
	size_t max_line;
	uint64_t number; /* of the next line, from 1 */
	uint64_t offset; /* of buffer[pos] */
	char *buffer;	 /* pos..len is read and not handed out */
	size_t pos, len, cap;
	bool eof;
	char *long_line; /* what ll_lines_next shows of an overlong line */
};

struct ll_lines *ll_lines_on(struct ll_decoder *d, size_t max_line)
{
	struct ll_lines *l = ll_calloc(1, sizeof(*l));

	l->d = d;
	l->max_line = max_line;
	l->number = 1;
	return l;
}

/* Reads once, behind what is there, at least one byte unless the input ended. */
static void read_more(struct ll_lines *l)
{
	size_t got;

	if (l->pos > 0) {
		memmove(l->buffer, l->buffer + l->pos, l->len - l->pos);
		l->len -= l->pos;
		l->pos = 0;
	}
	if (l->cap - l->len < READ_BYTES)
		LL_GROW(l->buffer, l->cap, l->len + READ_BYTES);
	got = ll_decoder_read(l->d, l->buffer + l->len, l->cap - l->len);
	l->len += got;
	l->eof = got == 0;
}

/* The overlong line at pos: returns a copy of its first max_line bytes and moves behind it. */
static char *take_long_line(struct ll_lines *l, uint64_t *length, bool *newline)
{
	char *first = ll_malloc(l->max_line + 1);
	uint64_t taken = l->max_line;

	memcpy(first, l->buffer + l->pos, l->max_line);
	l->pos += l->max_line;
	for (;;) {
		char *at = l->buffer + l->pos;
		size_t have = l->len - l->pos;
		char *end = have ? memchr(at, '\n', have) : NULL;
		if (end) {
			have = (size_t)(end - at);
			l->pos += have + 1;
		}
		taken += have;
		if (end || l->eof) {
			*newline = end != NULL;
			*length = taken;
			l->offset += taken + *newline;
			l->number++;
			if (!end)
				l->pos = l->len;
			return first;
		}
		l->pos = l->len = 0;
		read_more(l);
	}
}

/* Makes the first line whole: reads until a newline, the end, or more than max_line bytes. Returns false at the end. */
static bool first_line(struct ll_lines *l, size_t *length, bool *newline)
{
	size_t looked = 0;

	for (;;) {
		size_t have = l->len - l->pos;
		char *at = have ? l->buffer + l->pos : NULL;
		char *end = have > looked ? memchr(at + looked, '\n', have - looked) : NULL;
		*newline = end != NULL;
		*length = end ? (size_t)(end - at) : have;
		if (end || have > l->max_line || l->eof)
			return have > 0;
		looked = have;
		read_more(l);
	}
}

bool ll_lines_next(struct ll_lines *l, struct ll_line *out)
{
	size_t length;
	bool newline;

	if (!first_line(l, &length, &newline))
		return false;
	*out = (struct ll_line){ .number = l->number, .offset = l->offset, .newline = newline, .length = length };
	if (length > l->max_line) {
		ll_free(l->long_line);
		l->long_line = take_long_line(l, &out->length, &out->newline);
		out->text = ll_str(l->long_line, l->max_line);
		out->too_long = true;
		return true;
	}
	out->text = ll_str(l->buffer + l->pos, length);
	l->pos += length + newline;
	l->offset += length + newline;
	l->number++;
	return true;
}

static uint64_t count_lines(const char *p, size_t n)
{
	uint64_t lines = 0;
	const char *end = p + n, *at;

	while (p < end && (at = memchr(p, '\n', (size_t)(end - p)))) {
		lines++;
		p = at + 1;
	}
	return lines + (p < end);
}

bool ll_lines_next_block(struct ll_lines *l, size_t target, struct ll_line_block *out)
{
	size_t length, have;
	bool newline;
	const char *last;
	char *whole;

	target = LL_MAX(LL_MIN(target, l->max_line), 1);
	if (l->cap < target + READ_BYTES)
		LL_GROW(l->buffer, l->cap, target + READ_BYTES);
	while (l->len - l->pos < target && !l->eof)
		read_more(l); /* what is left, less than a block, moves to the front */
	if (!first_line(l, &length, &newline))
		return false;
	*out = (struct ll_line_block){ .first_number = l->number, .offset = l->offset };
	if (length > l->max_line) {
		out->data = take_long_line(l, &out->length, &newline);
		out->len = l->max_line;
		out->too_long = true;
		return true;
	}
	/* Whole lines only, none of them overlong: one that is comes next time, alone. */
	have = l->len - l->pos;
	if (l->eof && have - length <= l->max_line) {
		length = have;
	} else if (newline) {
		size_t room = LL_MIN(have, LL_MAX(length + 1, target));
		last = ll_last_byte(l->buffer + l->pos, '\n', room);
		length = last ? (size_t)(last - (l->buffer + l->pos)) + 1 : length + 1;
	}
	/* The block takes the buffer with it when that saves copying most of it. */
	whole = l->buffer;
	if (l->pos == 0 && length >= l->cap / 2) {
		l->cap = 0;
		l->buffer = NULL;
		LL_GROW(l->buffer, l->cap, LL_MAX(have - length, target) + READ_BYTES);
		memcpy(l->buffer, whole + length, have - length);
		l->len = have - length;
		out->data = whole;
	} else {
		out->data = ll_malloc(length + 1);
		memcpy(out->data, whole + l->pos, length);
		l->pos += length;
	}
	out->len = length;
	l->offset += length;
	l->number += count_lines(out->data, length);
	return true;
}

void ll_lines_close(struct ll_lines *l)
{
	if (!l)
		return;
	ll_decoder_close(l->d);
	ll_free(l->buffer);
	ll_free(l->long_line);
	ll_free(l);
}
