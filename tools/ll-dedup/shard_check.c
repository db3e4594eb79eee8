/* SPDX-License-Identifier: MIT */
#include "ll-dedup/shard_check.h"

#include "base/error.h"
#include "io/file.h"

void shard_check_start(struct shard_check *c, const struct shards *shards, const char *const *files)
{
	*c = (struct shard_check){ .shards = shards, .files = files, .digests = ll_hash128_new() };
}

static void LL_NORETURN changed(const struct shard_check *c)
{
	ll_die(LL_EXIT_INPUT, "%s: the file changed while it was read several times",
	       ll_path_shown(c->files[LL_MIN(c->shard, c->shards->len - 1)]));
}

static void close_full_shards(struct shard_check *c)
{
	const struct shards *s = c->shards;

	while (c->shard < s->len && c->in_shard == s->item[c->shard].records) {
		if (!ll_id_eq(ll_hash128_digest(c->digests), s->item[c->shard].data_id))
			changed(c);
		ll_hash128_free(c->digests);
		c->digests = ll_hash128_new();
		c->in_shard = 0;
		c->shard++;
	}
}

void shard_check_document(struct shard_check *c, const void *digest)
{
	close_full_shards(c);
	if (c->shard == c->shards->len)
		changed(c);
	ll_hash128_update(c->digests, digest, sizeof(struct ll_id));
	c->in_shard++;
}

void shard_check_end(struct shard_check *c)
{
	close_full_shards(c);
	if (c->shard != c->shards->len)
		changed(c);
}

void shard_check_free(struct shard_check *c)
{
	ll_hash128_free(c->digests);
}
