/* SPDX-License-Identifier: MIT */
/* unit_edit.h - a document whose keys (units.h) are decided: what is left of it, and under which reason the rest counts. */
#ifndef LL_DEDUP_UNIT_EDIT_H
#define LL_DEDUP_UNIT_EDIT_H

#include "ll-dedup/units.h"

struct unit_edit {
	const struct unit_rule *rule;
	const char *reason;
	uint64_t *gone; /* of the document: a bit a key */
	size_t gone_cap;
	struct ll_buf text; /* what is left of it, where it takes making to know whether anything is */
	uint64_t its_keys; /* of the document: as many bits as `gone` has in use */
	const unsigned char *line_end; /* borrowed, of the document, if unit_lines_end says so; or NULL */
	bool edited;
	uint64_t keys, duplicates; /* of all documents, for the note at the end */
};

/* none: --keep=none. The rule is the caller's. */
void unit_edit_init(struct unit_edit *e, const struct unit_rule *rule, bool none);
/* Makes room in `gone` for n more keys after the first `keys`: zero bits. */
void unit_edit_room(struct unit_edit *e, uint64_t keys, uint64_t n);
/* The verdict, once the bits are set: NULL to keep the document, else the reason; *value as in filter.h. digest: of the text,
 * where keys are documents. */
const char *unit_edit_decide(struct unit_edit *e, const struct ll_doc *doc, uint64_t keys, struct ll_id digest, const char **value);
/* After a verdict to keep it: the reason, or NULL when it is as it was. The document gets what is left of its text, unless line_end is
 * set: from unit_edit_text then. */
const char *unit_edit_apply(struct unit_edit *e, struct ll_doc *doc);
/* Makes that text where a reason came back and it was not made yet; as `text` in filter.h. */
void unit_edit_text(struct unit_edit *e, struct ll_doc *doc, char *place);
/* Says how many there were, where they are parts of documents. */
void unit_edit_note(const struct unit_edit *e);
void unit_edit_free(struct unit_edit *e);

#endif
