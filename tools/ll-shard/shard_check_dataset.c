/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "ll-shard/shard_check.h"

uint64_t ll_shard_check_dataset(const char *path)
{
	ll_die(LL_EXIT_INPUT, "%s: is a directory", path);
}
