/* SPDX-License-Identifier: MIT */
/*
 * ll_shard.h - the commands of ll-shard. Each stands in files of its own with its option table, and hands its table
 * entry to ll_shard_main.c through one of these.
 */
#ifndef LL_SHARD_H
#define LL_SHARD_H

#include "base/option.h"

extern const struct ll_command ll_shard_import_command; /* import_command.c */
extern const struct ll_command ll_shard_export_command; /* export_command.c */
extern const struct ll_command ll_shard_cat_command;
extern const struct ll_command ll_shard_head_command;
extern const struct ll_command ll_shard_info_command;
extern const struct ll_command ll_shard_check_command;
extern const struct ll_command ll_shard_salvage_command;
extern const struct ll_command ll_shard_compare_command;
extern const struct ll_command ll_shard_get_command;
extern const struct ll_command ll_shard_split_command;
extern const struct ll_command ll_shard_report_command;
extern const struct ll_command ll_shard_pack_command; /* pack_command.c */

#endif
