/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "lm/unmatched.h"

#include <fnmatch.h>

#include "base/error.h"
#include "base/memory.h"
#include "text/json.h"

#define NAMES_SAID 20 /* of each side */

static bool named(const char *globs, const char *name)
{
	bool found = false;
	for (const char *end; globs && *globs && !found; globs = end + (*end != '\0')) {
		end = globs + strcspn(globs, "\n");
		char *glob = ll_strndup(globs, (size_t)(end - globs));
		found = fnmatch(glob, name, 0) == 0;
		ll_free(glob);
	}
	return found;
}

static bool may_miss(const struct ll_lm_unmatched *u, const struct ll_lm *m, const struct ll_hf_tensor *piece)
{
	return u && (named(u->allow_missing, piece->name) || named(u->allow_missing, m->tensor[piece->tensor].name));
}

bool ll_unmatched_missing(struct ll_lm_unmatched *u, const struct ll_lm *m, const struct ll_hf_tensor *piece)
{
	if (!may_miss(u, m, piece))
		return false;
	LL_GROW(u->missing, u->missing_cap, u->missing_n + 1);
	u->missing[u->missing_n++] = *piece;
	return true;
}

bool ll_unmatched_unexpected(struct ll_lm_unmatched *u, const char *name)
{
	if (!u || !named(u->allow_unexpected, name))
		return false;
	LL_GROW(u->unexpected, u->unexpected_cap, u->unexpected_n + 1);
	u->unexpected[u->unexpected_n++] = ll_strdup(name);
	return true;
}

bool ll_unmatched_both(const struct ll_lm_unmatched *u, const struct ll_lm *m, const struct ll_hf_tensor *piece)
{
	return may_miss(u, m, piece) && named(u->allow_unexpected, piece->name);
}

static const char *name_of(const struct ll_lm_unmatched *u, bool missing, size_t i)
{
	return missing ? u->missing[i].name : u->unexpected[i];
}

static size_t count_of(const struct ll_lm_unmatched *u, bool missing)
{
	return missing ? u->missing_n : u->unexpected_n;
}

void ll_unmatched_note(const struct ll_lm_unmatched *u, const char *dir)
{
	static const char *const what[] = { "has no place in the model and is left aside", "is not there and begins with initial values" };
	for (int missing = 1; missing >= 0; missing--) {
		size_t n = count_of(u, missing);
		for (size_t i = 0; i < LL_MIN(n, NAMES_SAID); i++)
			ll_warn("%s: %s %s", dir, name_of(u, missing, i), what[missing]);
		if (n > NAMES_SAID)
			ll_warn("%s: and of %zu tensors more the same is true", dir, n - NAMES_SAID);
	}
}

static void put_names(const struct ll_lm_unmatched *u, bool missing, struct ll_buf *out)
{
	ll_buf_puts(out, missing ? "\"missing\":[" : "\"unexpected\":[");
	for (size_t i = 0; i < count_of(u, missing); i++) {
		ll_buf_puts(out, i ? "," : "");
		ll_json_escape(out, ll_cstr(name_of(u, missing, i)), false);
	}
	ll_buf_putc(out, ']');
}

void ll_unmatched_put(const struct ll_lm_unmatched *u, struct ll_buf *out)
{
	put_names(u, true, out);
	ll_buf_putc(out, ',');
	put_names(u, false, out);
}

void ll_unmatched_clear(struct ll_lm_unmatched *u)
{
	for (size_t i = 0; i < u->unexpected_n; i++)
		ll_free(u->unexpected[i]);
	ll_free(u->unexpected);
	ll_free(u->missing);
	u->missing = NULL;
	u->unexpected = NULL;
	u->missing_n = u->missing_cap = u->unexpected_n = u->unexpected_cap = 0;
}
