/* SPDX-License-Identifier: MIT */
/*
 * unicode_tables.h - the class bits of all code points in three stages, 16 x 16 x 4352; for unicode.c only. Generated
 * by unicode_tables.py, which says from what.
 */
#ifndef LL_UNICODE_TABLES_H
#define LL_UNICODE_TABLES_H

#include "base/base.h"

extern const uint8_t ll_unicode_leaf[];
extern const uint16_t ll_unicode_middle[];
extern const uint8_t ll_unicode_top[];

#endif
