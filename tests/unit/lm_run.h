/* SPDX-License-Identifier: MIT */
/* lm_run.h - what lm_model_test.c and lm_learning_test.c have in common: small models, batches, a pool of threads. */
#ifndef LM_RUN_H
#define LM_RUN_H

#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "lm/model_f64.h"

static struct ll_pool *pool; /* made by main */

enum { B = 2, T = 7 };

static const struct ll_lm_step step = { 5, 3, 40 };

/* A preset with other keys: "key=value key=value". */
static struct ll_lm_config make_config(const char *preset, const char *settings)
{
	struct ll_lm_config c;
	struct ll_err err;
	char *copy = ll_strdup(settings), *save = NULL;
	if (ll_lm_preset(&c, preset, &err) < 0)
		ll_die(5, "%s", err.text);
	c.init_std = 0.3;
	for (char *s = strtok_r(copy, " ", &save); s; s = strtok_r(NULL, " ", &save)) {
		char *eq = strchr(s, '=');
		*eq = '\0';
		if (ll_lm_config_set(&c, s, eq + 1, &err) < 0)
			ll_die(5, "%s", err.text);
	}
	ll_free(copy);
	if (ll_lm_config_check(&c, &err) < 0)
		ll_die(5, "%s", err.text);
	return c;
}

/* n tokens, and targets of which every fifth is none. */
static void make_batch(const struct ll_lm_config *c, int64_t n, int32_t *tokens, int32_t *targets)
{
	for (int64_t i = 0; i < n; i++) {
		tokens[i] = (int32_t)ll_random_below(11, 1, (uint64_t)i, (uint64_t)c->vocabulary);
		targets[i] = i % 5 == 3 ? -1 : (int32_t)ll_random_below(11, 2, (uint64_t)i, (uint64_t)c->vocabulary);
	}
}

#endif
