/* SPDX-License-Identifier: MIT */
/*
 * rule.h - what makes two signatures comparable: bands, rows and shingles of MinHash, chosen by options or by a profile's
 * name, and the lines of a stream header that say so. Streams that differ in one do not mix.
 */
#ifndef LL_DEDUP_RULE_H
#define LL_DEDUP_RULE_H

#include "kernels/minhash.h"
#include "ll-dedup/shingles.h"
#include "ll-dedup/units.h"
#include "stream/header.h"

#define BANDS_MAX 1024u

struct signature_rule {
	uint32_t bands, rows; /* no bands: exact */
	struct unit_rule unit; /* exact: of what */
	uint32_t text_bits;    /* exact: signatures carry texts, with that many bits of their hash; 0: digests */
	struct shingle_rule shingle;
	struct ll_minhash minhash;
	bool keeps_shingles; /* signatures carry the set, for verification */
	const char *const *carry;
	size_t n_carry; /* tags that signatures carry, for the policy */
	struct ll_bpe *tokenizer;
	bool pairs_only; /* of a second pass: no bands are computed */
};

/* From the options and the profile in `dedup`; ends with status 2 when they do not fit. Sets the identity of what was
 * resolved. */
void signature_rule_init(struct signature_rule *r);
/* Units that are equal. */
void signature_rule_init_exact(struct signature_rule *r, const struct unit_rule *unit);
/* Whether signatures are keys (unit_keys.h). */
static inline bool signature_rule_is_keys(const struct signature_rule *r)
{
	return r->bands == 0 && (r->unit.kind != UNIT_DOCUMENT || r->unit.min_bytes > 0 || r->text_bits > 0);
}
/* The lines exact= and min-bytes=, caller frees; and back again: -1 where there are none that make sense. */
char *signature_rule_exact_lines(const struct unit_rule *unit);
int signature_rule_read_exact(struct unit_rule *unit, const struct ll_header *h) LL_MUST_CHECK;
void signature_rule_free(struct signature_rule *r);
/* The lines a header takes; caller frees. */
char *signature_rule_lines(const struct signature_rule *r);
/* The text that signature_rule_read finds in such a header; caller frees. */
char *signature_rule_kind(const struct signature_rule *r);
/* What a header of signatures, or of joins of them, says: bands, whether shingles are kept; the text that all must share
 * (caller frees). Ends with status 3 when that makes no sense. */
char *signature_rule_read(struct signature_rule *r, const struct ll_header *h);
/* The lines of such a header, for the header of what is made from it; caller frees. */
char *signature_rule_copy(const struct ll_header *h);
/* Whether a header says that signatures carry a tag. */
bool signature_rule_carries(const struct ll_header *h, const char *tag);
/* Says with -v what the bands will find: the recall at some similarities. */
void signature_rule_note(const struct signature_rule *r);

#endif
