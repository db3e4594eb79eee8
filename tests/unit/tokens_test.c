/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/buffer.h"
#include "doc/tokens.h"

int main(void)
{
	static const uint32_t ids[] = { 0, 1, 65535, 513 };
	struct ll_token_doc d = { .key = { "0123456789abcde" },
				  .id = ll_cstr("doc#1"),
				  .source = ll_cstr("web"),
				  .text_bytes = 1ull << 40,
				  .n = 4 };
	for (unsigned width = 2; width <= 4; width += 2) {
		struct ll_buf b = { 0 };
		struct ll_token_doc back;
		struct ll_err err;
		ll_buf_putc(&b, 'x'); /* unaligned */
		ll_token_doc_put(&b, &d, ids, width);
		const char *p = b.data + 1;
		size_t len = b.len - 1, bad = 0;
		ok(len == LL_TOKENS_FIXED + 5 + 3 + 4 * width && ll_get32(p) == len && ll_get32(p + 4) == len - 8,
		   "width %u: size", width);
		ok(ll_token_doc_get(p, len, width, &back, &err) == 0, "width %u: read back", width);
		ok(ll_id_eq(back.key, d.key) && ll_str_is(back.id, "doc#1") && ll_str_is(back.source, "web") &&
			   back.text_bytes == 1ull << 40 && back.n == 4,
		   "width %u: fields", width);
		for (size_t i = 0; i < 4; i++)
			bad += ll_token_at(back.ids, width, i) != ids[i];
		ok(bad == 0, "width %u: ids", width);
		for (size_t cut = 0; cut < len; cut++)
			bad += ll_token_doc_get(p, cut, width, &back, &err) == 0;
		for (size_t at = 0; at < LL_TOKENS_FIXED; at++) /* every changed size or count is noticed */
			for (int bit = 0; bit < 8 && (at < 8 || at >= 32); bit++) {
				b.data[1 + at] ^= (char)(1 << bit);
				bool read = ll_token_doc_get(p, len, width, &back, &err) == 0;
				/* id and source lengths can trade bytes only together; one alone cannot */
				bad += read;
				b.data[1 + at] ^= (char)(1 << bit);
			}
		ok(bad == 0, "width %u: cuts and wrong lengths are refused", width);
		ok(ll_token_doc_get(p, len, 6 - width, &back, &err) != 0, "width %u: the other width is refused",
		   width);
		ll_buf_free(&b);
	}
	return test_done();
}
