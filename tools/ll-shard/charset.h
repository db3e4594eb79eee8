/* SPDX-License-Identifier: MIT */
/*
 * charset.h - bytes of unknown character set to UTF-8. The set is, in this order: a byte order mark; UTF-8 where the bytes are
 * valid UTF-8 with at least one non-ASCII character and what was declared is a single-byte set or nothing; what HTTP
 * declared; what the page declares; UTF-8 where the bytes are valid; a guess from the bytes (uchardet); windows-1252. Labels
 * mean what the WHATWG Encoding Standard says (iso-8859-1 is windows-1252, gb2312 is gb18030). Bytes that are no character of
 * their set become U+FFFD and are counted.
 */
#ifndef LL_CHARSET_H
#define LL_CHARSET_H

#include "base/buffer.h"

/* `declared` is a label or empty. The result is `in` itself where nothing changes, else it lies in scratch. charset gets the
 * lower-case name of the set. Returns the number of replaced sequences. */
size_t charset_to_utf8(struct ll_str in, struct ll_str declared, bool html, struct ll_buf *scratch, struct ll_str *out, char charset[64]);
/* The value of charset= in a Content-Type, quotes stripped; empty when absent. */
struct ll_str charset_of_content_type(struct ll_str content_type);

#endif
