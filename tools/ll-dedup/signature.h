/* SPDX-License-Identifier: MIT */
/*
 * signature.h - a document's signature and the record that carries it (kind "signatures", schema 1). The header of such
 * a stream has the keys bands, rows, ngram, unit (MinHash) or exact (the digest of the text alone, no bands); streams
 * that differ in one do not mix. What was signed with --part has the key part (shard_order.h).
 *
 *   u32 size, u32 core | u8 type, 3 zero bytes | by type:
 *   0 document   u32 text bytes | key 16 | XXH3-128 of the text 16 | record digest 16 | bands x u64 | id (end of core)
 *   1 shard      u32 zero | u64 records | data id 16 (end of core) | base name of the file (volatile)
 *
 * A shard record closes the documents of one input file; its data id is XXH3-128 over their record digests in order.
 *
 * Shingles: the n-grams of the normalised words (text/words.h) or of the characters of the words joined by single
 * spaces (text/ngrams.h), of which the upper 32 bits are taken; under n items the whole list is the one shingle. A text
 * without any word is like an equal text only: its shingle is a hash of its bytes.
 */
#ifndef LL_SIGNATURE_H
#define LL_SIGNATURE_H

#include "doc/record.h"
#include "kernels/minhash.h"
#include "stream/header.h"
#include "text/ngrams.h"

struct signature_rule {
	uint32_t bands, rows, ngram; /* no bands: exact */
	bool characters;
	struct ll_minhash minhash;
};

/* From --minhash, --ngram, --unit; ends with status 2 when they do not fit. */
void signature_rule_init(struct signature_rule *r, const char *minhash, int64_t ngram, const char *unit);
/* Texts that are equal as a whole. */
void signature_rule_init_exact(struct signature_rule *r);
void signature_rule_free(struct signature_rule *r);
/* The lines a header takes; caller frees. */
char *signature_rule_lines(const struct signature_rule *r);

/* Scratch of one thread; zeroed before first use. */
struct signer {
	struct ll_words words;
	struct ll_ngrams grams;
	uint32_t *shingle, *signature;
	size_t shingles_cap;
};
void signer_free(struct signer *s);
/* bands: rule->bands hashes. */
void signer_sign(struct signer *s, const struct signature_rule *rule, struct ll_str text, uint64_t *bands);

enum signature_type { SIGNATURE_DOCUMENT = 0, SIGNATURE_SHARD = 1 };

struct signature { /* a view of a record */
	enum signature_type type;
	uint32_t text_bytes;
	struct ll_id key, text, record;
	const unsigned char *bands; /* little-endian u64 each, unaligned */
	struct ll_str id;
	uint64_t records; /* shard */
	struct ll_id data_id;
	struct ll_str name;
};

/* Appends the record of a document that comes as a serialized docs record. */
void signature_put(struct ll_buf *out, struct signer *s, const struct signature_rule *rule, const unsigned char *record,
		   const struct ll_doc *doc);
void signature_put_shard(struct ll_buf *out, uint64_t records, struct ll_id data_id, const char *name);
int signature_get(const unsigned char *record, size_t len, uint32_t bands, struct signature *out, struct ll_err *err)
	LL_MUST_CHECK;

#endif
