/* SPDX-License-Identifier: MIT */
/* recipe.h - how often the documents of each source come (ll-sample.1, "Recipes"). */
#ifndef LL_SAMPLE_RECIPE_H
#define LL_SAMPLE_RECIPE_H

#include "ll-sample/source_counts.h"

#define RECIPE_EPOCHS_MAX 1000.0

struct recipe;

/* Reads the file, or ends the program with status 2, naming file and line. */
struct recipe *recipe_read(const char *path);
/* Whether sources have weights: then recipe_share comes before recipe_epochs. */
bool recipe_has_budget(const struct recipe *r);
/* Epochs of the weighted sources: budget x weight / sum of weights / text bytes of the source. Ends with status 3 when a source
 * has no text or would come more than RECIPE_EPOCHS_MAX times. */
void recipe_share(struct recipe *r, const struct source_counts *counts);
/* Times that a document of the source comes, a rate below 1; -1 when the recipe does not say. Thread-safe. */
double recipe_epochs(const struct recipe *r, struct ll_str source);
void recipe_free(struct recipe *r);

#endif
