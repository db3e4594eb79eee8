/* SPDX-License-Identifier: MIT */
/*
 * train_journal.h - RUN/journal.jsonl: every decision of a run, one JSON object a line, synced before it takes effect.
 *
 *   {"step":N,"kind":"control","text":"lr*=0.5"}      a line of RUN/control, in force from step N on
 *   {"step":N,"kind":"refused","text":T,"cause":WHY}  one that was no command; nothing changed
 *   {"step":N,"kind":"skip","text":WHY,"pin":false,...}  no update was made with step N; more members name its documents. With
 *                                                     "pin" trouble began there: the checkpoint of step N - 1, written before
 *                                                     the line, is kept
 *   {"step":N,"kind":"rollback","text":"lr*=0.5","onset":O,"to":K,"from":A,"until":B,"cause":WHY}
 *                                                     in place of step N the run, in trouble since step O, goes back to after step
 *                                                     K, changes what "text" says (or nothing), and leaves out the samples [A, B)
 *   {"step":N,"kind":"stop","text":WHY}               it stops before step N and asks
 *
 * N counts from 1 as in log.tsv: the step that is made next. Every checkpoint holds a copy of the journal as it stood
 * (journal.jsonl in its folder): lines of RUN/journal.jsonl behind that copy are what happened after the checkpoint and
 * was lost with the process. They are pending: they are taken from there, at their step, before any new ones.
 * --replay-journal=FILE is the same with the lines of another file, which the run's own have to agree with.
 *
 * Every line that a run writes ends in the member "checksum", the seal of text/json_tree.h over the line without its newline, so that
 * none is believed that was damaged; one from another file that has none gets it. What is cut off behind a line cannot be noticed.
 */
#ifndef LL_TRAIN_JOURNAL_H
#define LL_TRAIN_JOURNAL_H

#include "base/buffer.h"

/* The first three come true before the gradient of their step is computed, the others after it. */
enum ll_train_entry_kind { LL_TRAIN_CONTROL, LL_TRAIN_REFUSED, LL_TRAIN_STOPPED, LL_TRAIN_SKIPPED, LL_TRAIN_ROLLBACK };
struct ll_train_entry {
	uint64_t step;
	enum ll_train_entry_kind kind;
	bool pin;			 /* LL_TRAIN_SKIPPED */
	uint64_t onset, to, from, until; /* LL_TRAIN_ROLLBACK */
	char *text;			 /* owned: ll_train_entry_free */
};

struct ll_train_journal;
/* The journal of a run that stands after `step`. `done`: the copy in its checkpoint (empty: none). `replay`: a journal to repeat, or
 * NULL. Ends with status 3 when RUN/journal.jsonl was lost or does not begin with `done`, when it and `replay` part, or a line cannot be read,
 * is damaged, or is of a step that cannot come any more; nothing is written. */
struct ll_train_journal *ll_train_journal_open(const char *run, uint64_t step, struct ll_str done, const char *replay);
/* The pending lines, and the file that they are told to be of. Both borrowed. */
struct ll_str ll_train_journal_ahead(const struct ll_train_journal *j, const char **name);
/* Makes the file where there is none, and cuts a last line that has no end: before anything is added or advanced. */
void ll_train_journal_begin(struct ll_train_journal *j, const char *run);
/* The lines that are in force, for a checkpoint. Borrowed. */
struct ll_str ll_train_journal_text(const struct ll_train_journal *j);
/* Writes a line (with its newline), sealed, and syncs it; nothing may be pending. */
void ll_train_journal_add(struct ll_train_journal *j, struct ll_str line);
/* The next pending entry when it belongs to `step`, before its gradient or after: false when there is none. */
bool ll_train_journal_next(const struct ll_train_journal *j, uint64_t step, bool after_gradient, struct ll_train_entry *e);
/* The next pending entry is done; with `e`, gives it. */
void ll_train_journal_advance(struct ll_train_journal *j, struct ll_train_entry *e);
/* Pending entries up to the last that goes back to after `step` before anything goes back further: 0 when none does. What they
 * decided about the steps between came to nothing. */
size_t ll_train_journal_back_to(const struct ll_train_journal *j, uint64_t step);
/* Whether anything is pending; then nothing new may be added. */
bool ll_train_journal_pending(const struct ll_train_journal *j);
/* A warning names what is still pending. */
void ll_train_journal_close(struct ll_train_journal *j);

/* RUN/journal.jsonl, which every run has from before its first step: empty before there is a checkpoint; one that is missing beside a
 * checkpoint was lost, and with it decisions that the checkpoint may not know, status 3. The caller frees it. */
struct ll_buf ll_train_journal_read(const char *run);
/* Bytes of the whole lines: a last one without an end is being written, or was cut short by a kill and not acted upon. */
size_t ll_train_journal_whole(struct ll_str text);
/* Reads the line at *at and moves behind it; false at the end. `name` is for messages; ends with status 3 when malformed or damaged. */
bool ll_train_entry_next(struct ll_str text, size_t *at, const char *name, struct ll_train_entry *e);
void ll_train_entry_free(struct ll_train_entry *e);

#endif
