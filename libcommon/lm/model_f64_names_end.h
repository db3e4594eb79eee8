/* SPDX-License-Identifier: MIT */
/* model_f64_names_end.h - undoes model_f64_names.h. */
#undef float
#undef ll_ops_f32
#undef ll_ops_f32_best
#undef ll_lm
#undef ll_lm_new
#undef ll_lm_free
#undef ll_lm_find
#undef ll_lm_tensors
#undef ll_lm_init
#undef ll_lm_loss
#undef ll_lm_forward
#undef ll_lm_activation
#undef ll_lm_logits
#undef ll_lm_cache
#undef ll_lm_cache_new
#undef ll_lm_cache_reset
#undef ll_lm_cache_length
#undef ll_lm_decode
#undef ll_lm_cache_free
#undef ll_lm_memory
#undef ll_lm_layer
#undef ll_lm_weights
#undef ll_lm_kept
#undef ll_lm_plan
