/* SPDX-License-Identifier: MIT */
#include "ll-bpe/train_words.h"

#include <unistd.h>

#include "base/memory.h"
#include "io/file.h"

#define BUFFER LL_MIB
#define PURPOSE "counted pre-tokens"
#define FIXED 12u /* in the file: u64 count, u32 length, bytes */

typedef void take_word(void *to, struct ll_str text, uint64_t count);

/* In the file stands what is rare too; the count of a word decides each time. */
static void hand_out(struct train_words *t, bool last, take_word *word, void *to, struct ll_str text, uint64_t count)
{
	if (!last) {
		t->words++;
		t->left_out += count < t->min_count;
	}
	if (count >= t->min_count)
		word(to, text, count);
}

static void flush(struct train_words *t, struct ll_buf *buffer)
{
	ll_pwrite_full(t->file, buffer->data, buffer->len, t->file_len, PURPOSE);
	t->file_len += buffer->len;
	ll_buf_clear(buffer);
}

/* The sorted words into the file: an external sort can be read only once. */
static void write_file(struct train_words *t)
{
	struct ll_buf buffer = { 0 };
	struct ll_str text;
	struct tally_part *part;
	size_t parts;
	t->file = ll_temp_file(PURPOSE);
	while (tally_next(t->counted->tally, &text, &part, &parts)) {
		uint64_t count = 0;
		for (size_t i = 0; i < parts; i++)
			count = piece_counts_sum(count, part[i].count);
		ll_buf_put64(&buffer, count);
		ll_buf_put32(&buffer, (uint32_t)text.len);
		ll_buf_add_str(&buffer, text);
		if (buffer.len >= BUFFER)
			flush(t, &buffer);
	}
	flush(t, &buffer);
	ll_buf_free(&buffer);
	tally_free(t->counted->tally);
	t->counted->tally = NULL;
}

static void read_file(struct train_words *t, bool last, take_word *word, void *to)
{
	struct ll_buf buffer = { 0 };
	size_t at = 0, need = FIXED;
	for (uint64_t offset = 0; offset < t->file_len || at < buffer.len;) {
		if (buffer.len - at >= FIXED)
			need = FIXED + ll_get32(buffer.data + at + 8);
		if (buffer.len - at >= need) {
			hand_out(t, last, word, to, ll_str(buffer.data + at + FIXED, need - FIXED), ll_get64(buffer.data + at));
			at += need;
			need = FIXED;
			continue;
		}
		if (at)
			memmove(buffer.data, buffer.data + at, buffer.len - at);
		buffer.len -= at;
		at = 0;
		size_t more = (size_t)LL_MIN((uint64_t)LL_MAX(BUFFER, need), t->file_len - offset);
		ll_pread_full(t->file, ll_buf_reserve(&buffer, more), more, offset, PURPOSE);
		buffer.len += more;
		offset += more;
	}
	ll_buf_free(&buffer);
}

static void read_tables(struct train_words *t, bool last, take_word *word, void *to)
{
	for (size_t i = 0; i < TALLY_TABLES; i++) {
		const struct piece_counts *table = tally_table(t->counted->tally, i);
		for (size_t k = 0; k < table->slots; k++) {
			const struct piece_count *s = &table->slot[k];
			char room[16];
			if (piece_counts_used(s))
				hand_out(t, last, word, to, piece_counts_bytes(table, s, room), s->count);
		}
		if (last)
			tally_table_free(t->counted->tally, i);
	}
}

static void each(void *context, bool last, take_word *word, void *to)
{
	struct train_words *t = context;
	if (t->file < 0)
		read_tables(t, last, word, to);
	else
		read_file(t, last, word, to);
}

void train_words_init(struct train_words *t, struct counted *counted, uint64_t min_count)
{
	*t = (struct train_words){ .counted = counted, .min_count = min_count, .file = -1 };
	if (tally_spilled(counted->tally))
		write_file(t);
}

struct merge_words train_words_source(struct train_words *t)
{
	return (struct merge_words){ t, each, t->file < 0 ? tally_bytes(t->counted->tally) : 0 };
}

void train_words_free(struct train_words *t)
{
	if (t->file >= 0)
		close(t->file);
}
