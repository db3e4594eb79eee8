/* SPDX-License-Identifier: MIT */
/* recipe.h - how often the documents of each source come (ll-sample.1, "Recipes"). */
#ifndef LL_SAMPLE_RECIPE_H
#define LL_SAMPLE_RECIPE_H

#include "ll-sample/source_counts.h"

#define RECIPE_EPOCHS_MAX 1000.0

struct recipe;

/* Reads the file, or ends the program with status 2, naming file and line. */
struct recipe *recipe_read(const char *path);
/* What the weighted sources share; unless it is none, recipe_share comes before recipe_epochs. */
enum recipe_unit { RECIPE_NONE, RECIPE_BYTES, RECIPE_TOKENS, RECIPE_DOCUMENTS };
enum recipe_unit recipe_budget_unit(const struct recipe *r);
/* Epochs of the weighted sources: budget x weight / sum of weights / what the source has of the unit. Ends with status 3 when
 * a source has nothing or would come more than RECIPE_EPOCHS_MAX times. */
void recipe_share(struct recipe *r, const struct source_counts *counts);
/* Times that a document of the source comes, a rate below 1; -1 when the recipe does not say. Thread-safe. */
double recipe_epochs(const struct recipe *r, struct ll_str source);
void recipe_free(struct recipe *r);

#endif
