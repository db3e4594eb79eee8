/* SPDX-License-Identifier: MIT */
#include "ll-dedup/two_passes.h"

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"

void two_passes_start(struct two_passes *p, const char *const *files, size_t n)
{
	*p = (struct two_passes){ .files = files, .n = n, .first = ll_calloc(n, sizeof(*p->first)), .state = ll_hash128_new() };
}

static void end_file(struct two_passes *p)
{
	struct ll_id digest = ll_hash128_digest(p->state);

	if (!p->second)
		p->first[p->file] = digest;
	else if (!ll_id_eq(digest, p->first[p->file]))
		ll_die(LL_EXIT_INPUT, "%s: the file changed while it was read twice", ll_path_shown(p->files[p->file]));
	ll_hash128_free(p->state);
	p->state = ll_hash128_new();
	p->file++;
}

void two_passes_file(struct two_passes *p, const char *file)
{
	while (p->files[p->file] != file)
		end_file(p);
}

void two_passes_update(struct two_passes *p, const void *data, size_t len)
{
	ll_hash128_update(p->state, data, len);
}

void two_passes_end(struct two_passes *p)
{
	while (p->file < p->n)
		end_file(p);
	p->file = 0;
	p->second = true;
}

void two_passes_free(struct two_passes *p)
{
	if (p->state)
		ll_hash128_free(p->state);
	ll_free(p->first);
}
