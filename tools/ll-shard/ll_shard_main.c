/* SPDX-License-Identifier: MIT */
/* ll_shard_main.c - ll-shard: streams in, out and under the magnifying glass. Here is only the table of its commands.
 */
#include "ll-shard/ll_shard.h"

#include "io/codec.h"

int main(int argc, char **argv)
{
	static const struct ll_command *const order[] = {
		&ll_shard_import_command,  &ll_shard_export_command,  &ll_shard_cat_command,
		&ll_shard_head_command,	   &ll_shard_info_command,    &ll_shard_check_command,
		&ll_shard_salvage_command, &ll_shard_compare_command, &ll_shard_get_command,
		&ll_shard_split_command,   &ll_shard_report_command,  &ll_shard_pack_command,
	};
	static struct ll_command commands[LL_COUNT(order) + 1];
	for (size_t i = 0; i < LL_COUNT(order); i++)
		commands[i] = *order[i];
	struct ll_program program = {
		.name = "ll-shard",
		.summary = "bring documents into container streams and out again; inspect, check, cut and join streams",
		.commands = commands,
		.features = ll_decoder_features(),
	};
	return ll_main(&program, argc, argv);
}
