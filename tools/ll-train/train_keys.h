/* SPDX-License-Identifier: MIT */
/* train_keys.h - the keys of a run, each a member of struct ll_train_settings: what they are called, may be, and say in --help. Of
 * train_settings.c alone. */
#ifndef LL_TRAIN_KEYS_H
#define LL_TRAIN_KEYS_H

#include "ll-train/train_settings.h"

/* KEY_LIST: words, one a line. KEY_STEPS: a KEY_INT, or less than 0, so many tokens, until they are resolved. */
enum ll_train_key_type { KEY_WORD, KEY_LIST, KEY_INT, KEY_FLOAT, KEY_STEPS };

struct ll_train_key {
	const char *name;
	enum ll_train_key_type type;
	size_t offset;
	double min, max;
	const char *otherwise; /* NULL: none */
	const char *value, *help;
	enum ll_train_key_change {
		KEY_FIXED,
		KEY_FREE, /* may change when a run is resumed: no trained number depends on it */
		KEY_LIVE, /* may change while a run runs, by its control file */
	} change;
};

extern const struct ll_train_key ll_train_keys[];
extern const size_t ll_train_keys_count;

/* NULL: there is none. */
const struct ll_train_key *ll_train_key_named(const char *name);
/* The member of the key. */
void *ll_train_key_place(const struct ll_train_settings *s, const struct ll_train_key *k);
/* From text; of a list the only word. -1 and why the value cannot be, without the value. */
int ll_train_key_set(struct ll_train_settings *s, const struct ll_train_key *k, const char *value, struct ll_err *err) LL_MUST_CHECK;
/* A further word of a list; like the first one it is of one line. */
int ll_train_key_add(struct ll_train_settings *s, const struct ll_train_key *k, const char *value, struct ll_err *err) LL_MUST_CHECK;
/* The value as text that ll_train_key_set reads, words in quotes; of a list all of it as one. */
void ll_train_key_put(const struct ll_train_settings *s, const struct ll_train_key *k, struct ll_buf *out);
/* "word" with what is special in it escaped. */
void ll_train_put_quoted(struct ll_buf *out, const char *word, size_t len);

#endif
