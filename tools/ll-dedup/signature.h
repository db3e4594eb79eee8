/* SPDX-License-Identifier: MIT */
/*
 * signature.h - a document's signature and the record that carries it (kind "signatures", schema 1). The header of such
 * a stream has the lines of rule.h: bands, rows, ngram, normalize, unit, hash (MinHash) or exact (the digest of the text
 * alone, no bands). What was signed with --part has the key part (shard_order.h).
 *
 *   u32 size, u32 core | u8 type, 3 zero bytes | by type:
 *   0 document   u32 text bytes | key 16 | XXH3-128 of the text 16 | record digest 16 | u32 bytes of id, source, tags |
 *                u32 number of shingles | bands x u64 | shingles x u64 | id | source | tags (end of core)
 *   1 shard      u32 zero | u64 records | data id 16 (end of core) | base name of the file (volatile)
 *
 * A shard record closes the documents of one input file; its data id is XXH3-128 over their record digests in order. Of
 * units other than documents (exact=line and so on) records of type 2 (unit_keys.h) stand in the place of those of type 0, and
 * with texts=BITS, of documents too, records of type 3. The
 * shingles, where they are kept, are the set of shingles.h, ascending; signatures are made of their upper 32 bits.
 */
#ifndef LL_SIGNATURE_H
#define LL_SIGNATURE_H

#include "doc/record.h"
#include "ll-dedup/rule.h"

#define SIGNATURE_FIXED 80u /* bytes of a document's, without bands, shingles and strings */

/* Scratch of one thread; zeroed before first use. */
struct signer {
	struct shingler shingler;
	struct unit_walk walk;
	struct ll_buf tags, line, value;
	uint32_t *signature;
};
void signer_free(struct signer *s);
/* bands: rule->bands hashes. Leaves the shingles in s->shingler.grams. */
void signer_sign(struct signer *s, const struct signature_rule *rule, struct ll_str text, uint64_t *bands);

enum signature_type { SIGNATURE_DOCUMENT = 0, SIGNATURE_SHARD = 1, SIGNATURE_KEYS = 2, SIGNATURE_TEXTS = 3 };

struct signature { /* a view of a record */
	enum signature_type type;
	uint32_t text_bytes;
	struct ll_id key, text, record;
	const unsigned char *bands;    /* little-endian u64 each, unaligned */
	const unsigned char *shingles; /* the same */
	uint32_t n_shingles;
	struct ll_str id, source, tags;
	uint64_t records; /* shard */
	struct ll_id data_id;
	struct ll_str name;
};

/* Appends the record of a document whose record digest is given; not where the rule says keys. */
void signature_put(struct ll_buf *out, struct signer *s, const struct signature_rule *rule, struct ll_id digest, const struct ll_doc *doc);
void signature_put_shard(struct ll_buf *out, uint64_t records, struct ll_id data_id, const char *name);
/* bands: how many the rule has; 0 with pairs_only. */
int signature_get(const unsigned char *record, size_t len, uint32_t bands, struct signature *out, struct ll_err *err)
	LL_MUST_CHECK;

#endif
