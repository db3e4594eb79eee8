/* SPDX-License-Identifier: MIT */
/*
 * corpus.h - what `train` and `inspect` read: document streams and plain text (also compressed), handed out in
 * stretches to any thread. A document is one stretch. A plain text file is one text, cut where that changes no
 * pre-token (ll_pretokenizer_cut).
 */
#ifndef LL_CORPUS_H
#define LL_CORPUS_H

#include "bpe/pretokenizer.h"

struct corpus_options {
	/* auto, docs or text: auto looks at a file's first bytes; standard input is a document stream. */
	const char *from;
	bool lines; /* cut plain text only after line ends */
	const struct ll_pretokenizer *pretokenizer; /* else, where it says (ll_pretokenizer_cut) */
	void *context;
	/* A stretch of text, on any thread. */
	void (*text)(void *context, void *worker, struct ll_str text);
	/* Scratch of one worker; workers are freed after all text was seen, one by one, on the calling thread. */
	void *(*worker_new)(void *context);
	void (*worker_free)(void *context, void *worker);
};

/* The id of the document that this thread has in hand; empty for plain text. */
struct ll_str corpus_document(void);

void corpus_read(const struct corpus_options *o, const char *const *files, size_t n);

#endif
