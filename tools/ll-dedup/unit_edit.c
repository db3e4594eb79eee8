/* SPDX-License-Identifier: MIT */
#include "ll-dedup/unit_edit.h"

#include "base/memory.h"

static const char *const reasons[2][UNIT_KINDS] = {
	{ "duplicate", "duplicate-line", "duplicate-paragraph", "duplicate-sentences", "duplicate-url" },
	{ "shared", "shared-line", "shared-paragraph", "shared-sentences", "shared-url" },
};

void unit_edit_init(struct unit_edit *e, const struct unit_rule *rule, bool none)
{
	*e = (struct unit_edit){ .rule = rule, .reason = reasons[none][rule->kind] };
}

void unit_edit_room(struct unit_edit *e, uint64_t keys, uint64_t n)
{
	LL_GROW(e->gone, e->gone_cap, (keys + n + 63) / 64 + 1);
	for (uint64_t w = (keys + 63) / 64; w <= (keys + n) / 64; w++)
		e->gone[w] = 0;
}

static uint64_t count_bits(const uint64_t *bits, uint64_t n)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < (n + 63) / 64; i++)
		sum += (uint64_t)__builtin_popcountll(bits[i]);
	return sum;
}

const char *unit_edit_decide(struct unit_edit *e, const struct ll_doc *doc, uint64_t keys, struct ll_id digest, const char **value)
{
	static char hex[33];
	uint64_t duplicates = keys ? count_bits(e->gone, keys) : 0;

	e->edited = false;
	e->its_keys = keys;
	e->keys += keys;
	e->duplicates += duplicates;
	if (duplicates == 0)
		return NULL;
	if (e->rule->kind == UNIT_DOCUMENT) {
		*value = ll_id_hex(digest, hex);
		return e->reason;
	}
	ll_buf_clear(&e->text);
	if (e->rule->kind == UNIT_URL) {
		url_of_document(&e->text, doc);
		*value = ll_buf_cstr(&e->text);
		return e->reason;
	}
	if (e->line_end ? duplicates == keys : !unit_remove(&e->text, e->rule, doc->text, e->gone, keys))
		return e->reason;
	e->edited = true;
	return NULL;
}

const char *unit_edit_apply(struct unit_edit *e, struct ll_doc *doc)
{
	if (!e->edited)
		return NULL;
	if (!e->line_end)
		ll_doc_set_text(doc, ll_buf_str(&e->text));
	return e->reason;
}

void unit_edit_text(struct unit_edit *e, struct ll_doc *doc, char *place)
{
	if (e->line_end)
		ll_doc_set_text(doc, ll_str(place, unit_remove_lines(place, doc->text, e->gone, e->its_keys, e->line_end)));
}

void unit_edit_note(const struct unit_edit *e)
{
	if (unit_is_document(e->rule))
		return;
	ll_note("%llu %s, %llu removed", (unsigned long long)e->keys,
		e->rule->kind == UNIT_LINE ? "lines" : e->rule->kind == UNIT_PARAGRAPH ? "paragraphs" : "runs of sentences",
		(unsigned long long)e->duplicates);
}

void unit_edit_free(struct unit_edit *e)
{
	ll_buf_free(&e->text);
	ll_free(e->gone);
}
