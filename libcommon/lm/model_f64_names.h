/* SPDX-License-Identifier: MIT */
/* model_f64_names.h - renames for model_f64.h and model_f64.c; undone by model_f64_names_end.h. */
#define float double
#define ll_ops_f32 ll_ops_f64
#define ll_ops_f32_best() (&ll_ops_f64_reference)
#define ll_lm ll_lm_f64
#define ll_lm_new ll_lm_new_f64
#define ll_lm_free ll_lm_free_f64
#define ll_lm_find ll_lm_find_f64
#define ll_lm_tensors ll_lm_tensors_f64
#define ll_lm_init ll_lm_init_f64
#define ll_lm_loss ll_lm_loss_f64
#define ll_lm_forward ll_lm_forward_f64
#define ll_lm_activation ll_lm_activation_f64
#define ll_lm_logits ll_lm_logits_f64
#define ll_lm_cache ll_lm_cache_f64
#define ll_lm_cache_new ll_lm_cache_new_f64
#define ll_lm_cache_reset ll_lm_cache_reset_f64
#define ll_lm_cache_length ll_lm_cache_length_f64
#define ll_lm_decode ll_lm_decode_f64
#define ll_lm_cache_free ll_lm_cache_free_f64
#define ll_lm_memory ll_lm_memory_f64
#define ll_lm_layer ll_lm_layer_f64
#define ll_lm_weights ll_lm_weights_f64
#define ll_lm_kept ll_lm_kept_f64
#define ll_lm_plan(...) ll_lm_plan_f64(__VA_ARGS__)
