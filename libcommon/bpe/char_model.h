/* SPDX-License-Identifier: MIT */
/*
 * char_model.h - tokenizers over characters instead of bytes: BPE as SentencePiece trains it, WordPiece (Schuster and
 * Nakajima, "Japanese and Korean voice search", ICASSP 2012; greedy, as BERT has it) and Unigram (Kudo, "Subword
 * regularization", ACL 2018; the best path). A struct ll_bpe of another kind than LL_MODEL_BYTES has one of these: what
 * a tokenizer.json says around the vocabulary, and what the model has beside tokens and merges. Names of tokens are
 * kept as they are written (with signs for spaces, "##", "<0x0A>"); what they stand for is made when sealed.
 *
 * Ids are those of Hugging Face tokenizers. Text that is no valid UTF-8 gets U+FFFD first, as everywhere outside of
 * byte-level tokenizers.
 */
#ifndef LL_CHAR_MODEL_H
#define LL_CHAR_MODEL_H

#include "bpe/bpe_model.h"
#include "bpe/char_splits.h"
#include "bpe/normalizer.h"
#include "bpe/token_trie.h"

struct ll_char_model {
	struct ll_normalizer *normalizer; /* NULL: none */
	struct ll_char_splits *splits;	  /* NULL: the text is one word */
	/* As the file has them, for writing and for the id; NULL: null. */
	char *normalizer_json, *splits_json, *decoder_json, *post_json;
	uint32_t unknown; /* id for what has no token, or LL_BPE_NONE where there is always one */
	bool fuse_unknown, byte_fallback;
	uint32_t fallback[256];	      /* the tokens <0x00> to <0xFF> */
	double *score, unknown_score; /* Unigram: by id, below `scores` */
	size_t scores;
	struct ll_buf scores_json; /* as the file has them, a NUL behind each: read again, they have to be the same */
	struct ll_trie trie; /* WordPiece, Unigram: of the ordinary tokens */
	char *prefix;	     /* WordPiece: of tokens inside a word */
	uint32_t inside;     /* its node in the trie, or LL_TRIE_NONE */
	uint32_t most_chars; /* WordPiece: longer words are unknown */
	struct ll_buf shown; /* what tokens stand for, by id, back to back */
	size_t *shown_end;
	bool drop_first_space; /* decoding drops a space at the very start */
	bool drop_each_space;  /* with it: and one of each token until there is text, as SentencePiece does that removes extra spaces */
};

/* tokenizer.json around b, which is new. */
int ll_char_model_read(struct ll_bpe *b, struct json_object *root, struct ll_err *err) LL_MUST_CHECK;
/* Sets what JSON there is for normalizer, pre_tokenizer and decoder (NULL: null) and reads it. */
int ll_char_model_parts(struct ll_bpe *b, struct json_object *normalizer, struct json_object *splits,
			struct json_object *decoder, struct ll_err *err) LL_MUST_CHECK;
/* The part of sealing that is about characters. */
int ll_char_model_seal(struct ll_bpe *b, struct ll_err *err) LL_MUST_CHECK;
/* Appends what the id of the tokenizer hashes beside tokens and merges. */
void ll_char_model_identity(const struct ll_bpe *b, struct ll_buf *out);
/* Appends tokenizer.json. */
void ll_char_model_json(const struct ll_bpe *b, struct ll_buf *out);
void ll_char_model_free(struct ll_char_model *m);

/* Makes what tokens stand for, by the decoder of the tokenizer.json; -1 where it is one that is not known. */
int ll_char_show_tokens(struct ll_bpe *b, struct ll_err *err) LL_MUST_CHECK;
/* What a token stands for in a text. */
struct ll_str ll_char_token_bytes(const struct ll_bpe *b, uint32_t id);

struct ll_char_encoder;
struct ll_char_encoder *ll_char_encoder_new(const struct ll_bpe *b);
void ll_char_encoder_free(struct ll_char_encoder *e);
int ll_char_encode(struct ll_char_encoder *e, struct ll_str text, bool allow_special, struct ll_ids *out,
		   struct ll_err *err) LL_MUST_CHECK;
/* One word by the plain rule of its kind, quadratic: what the encoder is compared with. */
void ll_char_plain(const struct ll_bpe *b, struct ll_str word, struct ll_ids *out);
/* One word as the encoder does it. */
void ll_char_word(struct ll_char_encoder *e, struct ll_str word, struct ll_ids *out);

#endif
