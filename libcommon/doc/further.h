/* SPDX-License-Identifier: MIT */
/*
 * further.h - a further document made from one: the repeats of ll-sample ("id@2", "id@3", ...) and the pieces of
 * ll-decontam ("id#1", "id#2", ...). It keeps the parent's key. Where the parent has no id, its key in hexadecimal stands for it. The JSON
 * line changes along when its member "id" holds the id; otherwise it stays as it is.
 */
#ifndef LL_FURTHER_H
#define LL_FURTHER_H

#include "doc/record.h"

struct ll_further { /* memory of one worker; zeroed before first use */
	struct ll_buf id, line, skeleton;
};

/* The view is valid until the next call with the same memory, and as long as the parent's is. */
struct ll_doc ll_doc_further(struct ll_further *memory, const struct ll_doc *parent, char separator, unsigned number);
void ll_further_free(struct ll_further *memory);

#endif
