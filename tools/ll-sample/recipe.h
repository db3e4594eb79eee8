/* SPDX-License-Identifier: MIT */
/* recipe.h - how often the documents of each source come (ll-sample.1, "Recipes"). */
#ifndef LL_SAMPLE_RECIPE_H
#define LL_SAMPLE_RECIPE_H

#include "base/base.h"

#define RECIPE_EPOCHS_MAX 1000.0

struct recipe;

/* Reads the file, or ends the program with status 2, naming file and line. */
struct recipe *recipe_read(const char *path);
/* Times that a document of the source comes, a rate below 1; -1 when the recipe does not say. Thread-safe. */
double recipe_epochs(const struct recipe *r, struct ll_str source);
void recipe_free(struct recipe *r);

#endif
