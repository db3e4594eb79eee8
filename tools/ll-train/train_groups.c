/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_groups.h"

#include <fnmatch.h>
#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

/* One "KEY=VALUE" of a group; false: neither key, or no number from 0 on. */
static bool set(struct ll_train_group *g, const char *assignment)
{
	static const struct {
		const char *name;
		size_t offset;
	} known[] = { { "lr=", offsetof(struct ll_train_group, lr) }, { "weight-decay=", offsetof(struct ll_train_group, weight_decay) } };
	for (size_t i = 0; i < LL_COUNT(known); i++) {
		size_t len = strlen(known[i].name);
		double *v = (double *)(void *)((char *)g + known[i].offset);
		if (strncmp(assignment, known[i].name, len) == 0)
			return ll_parse_double(ll_cstr(assignment + len), v) == 0 && *v >= 0 && *v <= 1e6;
	}
	return false;
}

static struct ll_train_group read(const char *text, size_t len)
{
	struct ll_train_group g = { .lr = 1, .weight_decay = NAN };
	char *copy = ll_strndup(text, len), *rest = copy, *one;
	g.pattern = ll_strdup(strsep(&rest, ":"));
	bool good = *g.pattern && rest && *rest;
	while (good && (one = strsep(&rest, ",")))
		good = set(&g, one);
	if (!good)
		ll_train_settings_refuse("group", ll_strndup(text, len), "not PATTERN:lr=X,weight-decay=X");
	ll_free(copy);
	return g;
}

size_t ll_train_group_of(const struct ll_train_group *g, size_t n, const char *name)
{
	for (size_t i = n; i-- > 0;)
		if (fnmatch(g[i].pattern, name, 0) == 0)
			return i;
	return n;
}

/* The name is one of those, or, of a pattern that matched nothing, the nearest. */
static void LL_NORETURN refuse(const struct ll_train_group *g, const char *text, const struct ll_lm_tensor *w, size_t tensors)
{
	const char **names = ll_calloc(tensors, sizeof(*names));
	for (size_t i = 0; i < tensors; i++) {
		names[i] = w[i].name;
		if (fnmatch(g->pattern, w[i].name, 0) == 0)
			ll_train_settings_refuse("group", text, "all its tensors are in later groups");
	}
	const char *near = ll_nearest(g->pattern, names, tensors);
	ll_train_settings_refuse("group", text, "the model has no such tensor%s%s%s", near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

struct ll_train_group *ll_train_groups(const struct ll_train_settings *s, size_t *n)
{
	struct ll_train_group *g = NULL;
	size_t cap = 0, tensors;
	struct ll_lm_tensor *w = ll_lm_tensors(&s->model, &tensors);
	*n = 0;
	for (const char *at = s->group, *end; at && *at; at = end + (*end != '\0')) {
		end = at + strcspn(at, "\n");
		LL_GROW(g, cap, *n + 1);
		g[(*n)++] = read(at, (size_t)(end - at));
	}
	for (size_t t = 0; t < tensors; t++) {
		size_t i = ll_train_group_of(g, *n, w[t].name);
		if (i < *n) {
			g[i].tensors++;
			g[i].parameters += w[t].size;
		}
	}
	const char *text = s->group;
	for (size_t i = 0; i < *n; i++) {
		size_t len = strcspn(text, "\n");
		if (g[i].tensors == 0)
			refuse(&g[i], ll_strndup(text, len), w, tensors);
		text += len + (text[len] != '\0');
	}
	ll_free(w);
	return g;
}

void ll_train_groups_free(struct ll_train_group *g, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ll_free(g[i].pattern);
	ll_free(g);
}

void ll_train_groups_apply(const struct ll_train_settings *s, struct ll_optimizer *o)
{
	size_t n;
	struct ll_train_group *g = ll_train_groups(s, &n);
	for (size_t t = 0; t < o->model->tensors; t++) {
		size_t i = ll_train_group_of(g, n, o->model->tensor[t].name);
		if (i < n)
			ll_optimizer_set(o, t, g[i].lr, g[i].weight_decay);
	}
	ll_train_groups_free(g, n);
}
