/* SPDX-License-Identifier: MIT */
/*
 * hf_rope.h - rotary positions in config.json of Hugging Face transformers, of its versions before 5 (rope_scaling beside the base
 * and the fraction) and since (rope_parameters, with all of it; rope_scaling, where there is one, comes before).
 */
#ifndef LL_HF_ROPE_H
#define LL_HF_ROPE_H

#include "lm/lm_config.h"

struct json_object;
/* Sets the rotary keys of c, whose context is known. `theta` and `share` are where a file without rope_parameters has the base and
 * the fraction, which is `otherwise` in a file without any. Whatever is not computed here exactly is an error. */
int ll_hf_rope_read(struct json_object *o, const char *theta, const char *share, double otherwise, struct ll_lm_config *c, struct ll_err *err) LL_MUST_CHECK;
/* Members in both spellings, but the base and the fraction in the older one; partial: with the fraction. */
void ll_hf_rope_write(const struct ll_lm_config *c, bool partial, struct ll_buf *out);

#endif
