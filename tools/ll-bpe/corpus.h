/* SPDX-License-Identifier: MIT */
/*
 * corpus.h - what `train`, `count` and `inspect` read: document streams and plain text (also compressed), handed out in
 * stretches to any thread. A document is one stretch. A plain text file is one text, cut where that changes no
 * pre-token (ll_bpe_cut). Where asked for, also streams of counts (counts_stream.h).
 */
#ifndef LL_CORPUS_H
#define LL_CORPUS_H

#include "bpe/bpe.h"
#include "doc/record.h"
#include "io/codec.h"
#include "stream/reader.h"

struct corpus_options {
	/* auto, docs, text or counts: auto looks at a file's first bytes; standard input is a stream. */
	const char *from;
	bool lines; /* cut plain text only after line ends */
	bool whole; /* never cut it */
	const struct ll_bpe *bpe; /* else, where it says (ll_bpe_cut) */
	void *context;
	/* A stretch of text, on any thread. */
	void (*text)(void *context, void *worker, struct ll_str text);
	/* Scratch of one worker; workers are freed after all text was seen, one by one, on the calling thread. */
	void *(*worker_new)(void *context);
	void (*worker_free)(void *context, void *worker);
	/* The rest may be NULL. Instead of `text` for a document: */
	void (*document)(void *context, void *worker, const struct ll_doc *doc);
	/* Where counts are welcome: the header of every segment, on the calling thread, before `count` gets its records. */
	void (*counts_header)(void *context, const struct ll_header *header, const char *file);
	int (*count)(void *context, void *worker, const unsigned char *record, size_t len, struct ll_err *err);
	unsigned times; /* what is held of a document, in times of its bytes, its frame among them (large_frame.h); 0: that alone */
	/* Gets the lineage and ids of all inputs. */
	struct ll_lineage *lineage;
};

/* Ends the program where a pattern gives up on the text that this thread has in hand: names its document, or how it begins. */
void corpus_gave_up(struct ll_str text, const char *why) LL_NORETURN;

/* What is read as plain text because it is no stream may hold documents all the same, by its first bytes: ends the program where it
 * is a stream that was compressed as a whole, warns of JSON and WARC. Not where `from` says "text". */
void corpus_check_text(const char *from, const char *path, struct ll_decoder *d);

void corpus_read(const struct corpus_options *o, const char *const *files, size_t n);

#endif
