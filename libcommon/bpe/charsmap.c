/* SPDX-License-Identifier: MIT */
#include "bpe/charsmap.h"

int ll_charsmap_init(struct ll_charsmap *m, struct ll_str blob, struct ll_err *err)
{
	uint32_t size = blob.len >= 4 ? ll_get32(blob.data) : 0;
	if (size == 0 || size % 4 || size > blob.len - 4)
		return ll_err_set(err, "the precompiled_charsmap is damaged: a trie of %u bytes in %zu", size,
				  blob.len);
	m->unit = (const unsigned char *)blob.data + 4;
	m->units = size / 4;
	m->strings = ll_str(blob.data + 4 + size, blob.len - 4 - size);
	if (m->strings.len == 0 || m->strings.data[m->strings.len - 1] != 0)
		return ll_err_set(err, "the precompiled_charsmap is damaged: its strings do not end");
	return 0;
}

/* Units of Darts-clone: bit 31 and the low byte are the label, bit 8 says that a value hangs on it, bits 10 to 30 are
 * the offset, in units of 256 where bit 9 is set. A unit with a value has the value in its low 31 bits. */
static uint32_t offset_of(uint32_t unit)
{
	return (unit >> 10) << ((unit & 1u << 9) >> 6);
}

size_t ll_charsmap_find(const struct ll_charsmap *m, struct ll_str text, bool longest, struct ll_str *replacement)
{
	size_t found = 0;
	uint64_t at = offset_of(ll_get32(m->unit));
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.data[i];
		at ^= byte;
		if (byte == 0 || at >= m->units)
			break;
		uint32_t unit = ll_get32(m->unit + 4 * at);
		if ((unit & (1u << 31 | 0xff)) != byte)
			break;
		at ^= offset_of(unit);
		if (!(unit & 1u << 8))
			continue;
		if (at >= m->units)
			break;
		uint32_t value = ll_get32(m->unit + 4 * at) & 0x7fffffff;
		if (value >= m->strings.len)
			break;
		found = i + 1;
		*replacement = ll_cstr(m->strings.data + value);
		if (!longest)
			break;
	}
	return found;
}
