/* SPDX-License-Identifier: MIT */
/*
 * inspect.h - what the files behind ll-bpe inspect share.
 *
 *   inspect_command.c     options, life cycle
 *   inspect_vocabulary.c  what a tokenizer's own tokens say
 *   inspect_corpus.c      what tokenizers make of texts: one pass, each text encoded by each tokenizer
 *   inspect_print.c       as a table        inspect_json.c  as JSON        inspect_plot.c  as a picture
 */
#ifndef LL_BPE_INSPECT_H
#define LL_BPE_INSPECT_H

#include "bpe/bpe.h"
#include "ll-bpe/group_sums.h"

struct id_list {
	uint32_t *id;
	size_t len, cap;
};

struct inspected { /* a tokenizer */
	const char *path;
	struct ll_bpe *bpe;
	uint32_t tokens, specials; /* ids that tokens have; of them special */
	struct id_list unreachable; /* ordinary tokens whose own text, encoded, is not they */
	bool reachability; /* byte-level BPE: the texts of other tokens ("##ing") are no texts, it is not asked */
	struct id_list invalid;     /* ordinary tokens that are no valid UTF-8 */
	struct id_list longest;     /* ordinary tokens, most bytes first */
	/* of the texts */
	struct id_list unused; /* ordinary tokens that no text has */
	uint64_t *count;       /* of each id */
	uint64_t total;
	uint32_t used;         /* ids that occur, special or not */
	/* Renyi entropy of order 2.5 of the tokens' frequencies over the logarithm of the ids that occur, and of the vocabulary:
	 * Zouhar et al., "Tokenization and the Noiseless Channel", ACL 2023, section 4. NAN: no tokens, or one kind of them. */
	double efficiency, efficiency_vocabulary;
};

/* Counters of a group of texts. */
enum { GROUP_DOCUMENTS, GROUP_BYTES, GROUP_CHARACTERS, GROUP_WORDS, GROUP_TOKENS /* a tokenizer each from here on */ };

struct inspection {
	struct inspected *tokenizer;
	size_t n;
	bool corpus; /* texts were given */
	struct sums sources, groups; /* groups: by --by */
	uint64_t *total;              /* as a row of these */
	bool grouped;                 /* a document had the tag */
	size_t reference;             /* the group that parity compares with */
	const char *by;
	int64_t *width;
	size_t widths;
};

/* inspect_vocabulary.c: everything but what the texts say; `most` longest tokens. */
void inspect_vocabulary(struct inspected *t, size_t most);
/* From the counts. */
void inspect_frequencies(struct inspected *t);

/* inspect_corpus.c */
void inspect_corpus(struct inspection *in, const char *from, const char *const *files, size_t n);

/* What stands for a token in tables: text, with backslash escapes where bytes do not print. */
void inspect_token_text(struct ll_buf *out, struct ll_str bytes);
void inspect_print(const struct inspection *in, struct ll_buf *out);
void inspect_json(const struct inspection *in, struct ll_buf *out);
/* Of texts, to `output`, which io/gnuplot.h explains. */
void inspect_plot(const struct inspection *in, const char *output);

#endif
