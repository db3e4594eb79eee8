/* SPDX-License-Identifier: MIT */
#include "ll-bpe/token_names.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "bpe/bpe.h"

static uint32_t *find(const struct token_names *t, struct ll_str name)
{
	for (size_t i = ll_hash64(name.data, name.len);; i++) {
		uint32_t *slot = &t->slot[i & (t->slots - 1)];
		if (*slot == UINT32_MAX || ll_str_eq(token_names_text(t, *slot), name))
			return slot;
	}
}

static void grow(struct token_names *t)
{
	t->slots = t->slots ? 2 * t->slots : 4096;
	while (t->slots < 2 * t->len)
		t->slots *= 2;
	ll_free(t->slot);
	t->slot = ll_malloc(t->slots * sizeof *t->slot);
	memset(t->slot, 0xff, t->slots * sizeof *t->slot);
	for (size_t id = 0; id < t->len; id++)
		if (t->length[id])
			*find(t, token_names_text(t, (uint32_t)id)) = (uint32_t)id;
}

/* Takes the last `len` bytes of t->bytes as the name of the next id. */
static uint32_t add(struct token_names *t, size_t len)
{
	uint32_t id = (uint32_t)t->len;
	LL_GROW(t->offset, t->offset_cap, t->len + 1);
	LL_GROW(t->length, t->length_cap, t->len + 1);
	t->offset[id] = t->bytes.len - len;
	t->length[id] = (uint32_t)len;
	t->len++;
	return id;
}

void token_names_init(struct token_names *t, const struct ll_bpe *base, struct token_veto veto)
{
	*t = (struct token_names){ .veto = veto };
	ll_buf_reserve(&t->bytes, 1);
	for (uint32_t id = 0; id < ll_bpe_vocabulary(base); id++) {
		struct ll_str name = ll_bpe_token_bytes(base, id);
		if (ll_bpe_is_special(base, id))
			name.len = 0;
		ll_buf_add_str(&t->bytes, name);
		add(t, name.len);
		if (name.len == 1)
			t->byte_id[(unsigned char)name.data[0]] = id;
	}
	grow(t);
}

uint32_t token_names_join(struct token_names *t, uint32_t left, uint32_t right, bool *reused)
{
	size_t len = (size_t)t->length[left] + t->length[right];
	char *p = ll_buf_reserve(&t->bytes, len);
	memcpy(p, t->bytes.data + t->offset[left], t->length[left]);
	memcpy(p + t->length[left], t->bytes.data + t->offset[right], t->length[right]);
	struct ll_str name = ll_str(p, len);
	if (t->veto.forbids && t->veto.forbids(t->veto.context, name))
		return TOKEN_NAMES_VETOED;
	if (2 * t->len >= t->slots)
		grow(t);
	uint32_t *slot = find(t, name);
	*reused = *slot != UINT32_MAX;
	if (!*reused) {
		t->bytes.len += len;
		*slot = add(t, len);
	}
	return *slot;
}

void token_names_free(struct token_names *t)
{
	ll_buf_free(&t->bytes);
	ll_free(t->offset);
	ll_free(t->length);
	ll_free(t->slot);
}
