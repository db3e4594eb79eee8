/* SPDX-License-Identifier: MIT */
#include "ll-train/train_keys.h"

#include <math.h>

#include "base/memory.h"
#include "base/number.h"
#include "lm/optimizer.h"

#define BELOW_1 0x1.fffffep-1 /* as a float, too */

const struct ll_train_key ll_train_keys[] = {
#define AT(member) offsetof(struct ll_train_settings, member)
	{ "preset", KEY_WORD, AT(preset), 0, 0, "gpt2-124m", "NAME", "the architecture to start from", KEY_FIXED },
	{ "init-from", KEY_WORD, AT(init_from), 0, 0, NULL, "DIR",
	  "start from the model in a checkpoint or Hugging Face folder, in place of a preset", KEY_FREE },
	{ "allow-missing", KEY_LIST, AT(allow_missing), 0, 0, NULL, "GLOB",
	  "tensors that the folder of --init-from may lack: they begin with initial values", KEY_FREE },
	{ "allow-unexpected", KEY_LIST, AT(allow_unexpected), 0, 0, NULL, "GLOB", "tensors of that folder to leave aside", KEY_FREE },
	{ "fork", KEY_WORD, AT(fork), 0, 0, NULL, "RUN/step-N",
	  "go on from a checkpoint of another run, with its keys where none are given", KEY_FIXED },
	{ "data", KEY_LIST, AT(data), 0, 0, NULL, "DIR[:WEIGHT]",
	  "token dataset to train on (ll-shard pack); several are mixed by weight", KEY_FREE },
	{ "data-start", KEY_WORD, AT(data_start), 0, 0, NULL, "N[,N]...",
	  "samples left out at the start of each dataset's order (default: those a fork's parent took)", KEY_FIXED },
	{ "mix-start", KEY_INT, AT(mix_start), 0, 0x1p53, "0", "N", "samples left out at the start of the mixture of several datasets; a fork sets it", KEY_FIXED },
	{ "data-skip", KEY_WORD, AT(data_skip), 0, 0, NULL, "A-B[,A-B]...", "samples left out, counted from the first of the run; a fork sets it", KEY_FIXED },
	{ "exclude", KEY_WORD, AT(exclude), 0, 0, NULL, "FILE", "ids of documents not to train on, one a line", KEY_FREE },
	{ "document-mask", KEY_INT, AT(document_mask), 0, 1, "0", "0|1", "attend only within a document", KEY_FIXED },
	{ "valid", KEY_WORD, AT(valid), 0, 0, NULL, "DIR", "token dataset to measure on", KEY_FREE },
	{ "seq-len", KEY_INT, AT(seq_len), 1, 1 << 24, "0", "N",
	  "tokens a sequence (default: the context of the model)", KEY_FIXED },
	{ "seq-ramp", KEY_WORD, AT(seq_ramp), 0, 0, NULL, "START,SAMPLES",
	  "let sequences double from START tokens over the first samples (or tokens)", KEY_FIXED },
	{ "batch", KEY_INT, AT(batch), 1, 1 << 24, "8", "N", "sequences a step", KEY_LIVE },
	{ "batch-ramp", KEY_WORD, AT(batch_ramp), 0, 0, NULL, "START,INCREMENT,SAMPLES",
	  "let the batch grow over the first samples (or tokens)", KEY_FIXED },
	{ "batch-ramp-lr", KEY_WORD, AT(batch_ramp_lr), 0, 0, "none", "NAME", "none|sqrt|linear: how the learning rate follows a smaller batch", KEY_FIXED },
	{ "accumulate", KEY_INT, AT(accumulate), 1, 1 << 24, "1", "N",
	  "parts a batch is computed in, one after the other", KEY_FIXED },
	{ "steps", KEY_STEPS, AT(steps), 0, 0x1p52, "1000", "N", "steps of the whole run, or tokens such as 10Mtok", KEY_FIXED },
	{ "lr", KEY_FLOAT, AT(lr), 0, 1e6, "0.0003", "X", "learning rate at its highest", KEY_LIVE },
	{ "min-lr", KEY_FLOAT, AT(min_lr), 0, 1e6, "0", "X", "learning rate at the end", KEY_LIVE },
	{ "schedule", KEY_WORD, AT(schedule), 0, 0, "cosine", "NAME", LL_SCHEDULE_NAMES, KEY_FIXED },
	{ "warmup", KEY_STEPS, AT(warmup), 0, 0x1p52, "0", "N", "steps or tokens over which the learning rate rises",
	  KEY_FIXED },
	{ "decay-steps", KEY_STEPS, AT(decay_steps), 0, 0x1p52, "0", "N",
	  "last steps or tokens over which wsd and power fall (default: a fifth)", KEY_FIXED },
	{ "step-at", KEY_WORD, AT(step_at), 0, 0, NULL, "N,N...", "steps or tokens after which schedule step falls", KEY_FIXED },
	{ "step-factor", KEY_FLOAT, AT(step_factor), 0, 1, "0.1", "X", "factor by which it falls each time", KEY_FIXED },
	{ "power", KEY_FLOAT, AT(power), -10, 0, "-0.51", "X", "exponent with which schedule power falls", KEY_FIXED },
	{ "power-from", KEY_STEPS, AT(power_from), 0, 0x1p52, "0", "N",
	  "step or tokens at which it begins to fall (default: after the warm-up)", KEY_FIXED },
	{ "precision", KEY_WORD, AT(precision), 0, 0, "f32", "f32|bf16", "of what products take; sums are float32",
	  KEY_FIXED },
	{ "recompute", KEY_WORD, AT(recompute), 0, 0, "none", LL_TRAIN_RECOMPUTE_KEY,
	  "what the way back computes again, to the same bits, rather than keep it", KEY_FREE },
	{ "optimizer", KEY_WORD, AT(optimizer), 0, 0, "adamw", "NAME", LL_OPTIMIZER_NAMES, KEY_FIXED },
	{ "optimizer-start", KEY_INT, AT(optimizer_start), 0, 0x1p52, "0", "N",
	  "steps that were no updates of the optimizer, skipped ones of this run apart; a fork sets it", KEY_FIXED },
	{ "weight-decay", KEY_FLOAT, AT(weight_decay), 0, 1e6, "-1", "X",
	  "on matrices and embeddings only (default 0.1; adam and sgd: 0)", KEY_LIVE },
	{ "l1", KEY_FLOAT, AT(l1), 0, 1e6, "0", "X", "times the sign of a weight, added to its gradient", KEY_LIVE },
	{ "l2", KEY_FLOAT, AT(l2), 0, 1e6, "0", "X", "times a weight, added to its gradient", KEY_LIVE },
	{ "group", KEY_LIST, AT(group), 0, 0, NULL, "PATTERN:lr=X,weight-decay=X",
	  "tensors with a share of the learning rate, and a decay, of their own; may be repeated", KEY_FIXED },
	{ "embedding-shrink", KEY_FLOAT, AT(embedding_shrink), 0, 1, "1", "X", "times the gradient of the embeddings", KEY_LIVE },
	{ "clip", KEY_FLOAT, AT(clip), 0, 1e30, "1", "X", "largest norm of the gradient; 0 does not clip", KEY_LIVE },
	{ "clip-value", KEY_FLOAT, AT(clip_value), 0, 1e30, "0", "X", "largest element of the gradient, before its norm; 0: any", KEY_LIVE },
	{ "zclip", KEY_FLOAT, AT(zclip), 0, 1e6, "0", "X", "deviations above which a norm is clipped by those before it; 0: none", KEY_FIXED },
	{ "spam", KEY_FLOAT, AT(spam), 0, 1e30, "0", "X",
	  "times its second moment above which the square of an element is clipped (adam, adamw); 0: none", KEY_LIVE },
	{ "moment-reset", KEY_INT, AT(moment_reset), 0, 0x1p52, "0", "N", "forget the optimizer's state every N updates; 0: never", KEY_FIXED },
	{ "reset-warmup", KEY_INT, AT(reset_warmup), 0, 0x1p52, "150", "N", "updates over which the rate rises again then", KEY_FIXED },
	{ "beta1", KEY_FLOAT, AT(beta1), 0, BELOW_1, "-1", "X", "decay of the first moment (default: by optimizer)",
	  KEY_LIVE },
	{ "beta2", KEY_FLOAT, AT(beta2), 0, BELOW_1, "-1", "X", "decay of the second moment (default: by optimizer)",
	  KEY_LIVE },
	{ "eps", KEY_FLOAT, AT(eps), 0, 1, "-1", "X", "added to the root of the second moment (default: by optimizer)",
	  KEY_LIVE },
	{ "momentum", KEY_FLOAT, AT(momentum), 0, BELOW_1, "-1", "X", "of sgd (default 0.9) and muon (0.95)", KEY_LIVE },
	{ "nesterov", KEY_INT, AT(nesterov), 0, 1, "-1", "0|1", "Nesterov's momentum, of sgd (default 0) and muon (1)",
	  KEY_LIVE },
	{ "relative-step", KEY_INT, AT(relative_step), 0, 1, "-1", "0|1",
	  "adafactor: the learning rate is relative to a tensor's size (default 0)", KEY_LIVE },
	{ "seed", KEY_INT, AT(seed), 0, 0x1p53, "0", "N", "seed of initial weights, order of samples, dropout", KEY_FIXED },
	{ "valid-every", KEY_INT, AT(valid_every), 0, 0x1p52, "0", "N", "measure every N steps (0: only at the end)",
	  KEY_FIXED },
	{ "valid-batches", KEY_INT, AT(valid_batches), 1, 0x1p40, "20", "N",
	  "batches of the --valid dataset measured, from its start", KEY_FIXED },
	{ "save-every", KEY_INT, AT(save_every), 0, 0x1p52, "0", "N", "save every N steps (0: only at the end)", KEY_FREE },
	{ "keep", KEY_INT, AT(keep), 0, 0x1p52, "0", "N", "checkpoints kept (0: all)", KEY_FREE },
	{ "milestone-every", KEY_INT, AT(milestone_every), 0, 0x1p52, "0", "N", "save every N steps, and keep those for good",
	  KEY_FREE },
	{ "async-save", KEY_WORD, AT(async_save), 0, 0, "auto", "WHEN",
	  LL_TRAIN_ASYNC_SAVE ": write checkpoints beside the training, from a copy, where memory allows", KEY_FREE },
	{ "guard", KEY_WORD, AT(guard), 0, 0, "skip", "MODE",
	  "off, skip the update of a spike, or go back too (rollback) when that does not help", KEY_FIXED },
	{ "rollbacks", KEY_INT, AT(rollbacks), 0, 1000, "8", "N", "times to go back for the same trouble before stopping", KEY_LIVE },
	{ "norms-every", KEY_INT, AT(norms_every), 0, 0x1p52, "0", "N", "write norms of gradient, weights and update every N steps (0: never)", KEY_FREE },
	{ "norms-by", KEY_WORD, AT(norms_by), 0, 0, "layer", "layer|tensor", "what has a row of its own there", KEY_FREE },
	{ "noise-every", KEY_INT, AT(noise_every), 0, 0x1p52, "0", "N", "measure the gradient noise scale every N steps (0: never)", KEY_FIXED },
	{ "noise-batch", KEY_INT, AT(noise_batch), 1, 1 << 24, "1", "N", "sequences of the small batches it is measured with", KEY_FIXED },
	{ "experts-every", KEY_INT, AT(experts_every), 0, 0x1p52, "0", "N", "write the shares of the experts every N steps (0: never)", KEY_FREE },
	{ "sample-every", KEY_INT, AT(sample_every), 0, 0x1p52, "0", "N", "write text of the model's own every N steps, and at the end (0: never)", KEY_FREE },
	{ "sample-prompt", KEY_LIST, AT(sample_prompt), 0, 0, NULL, "TEXT", "what that text goes on from; may be repeated", KEY_FREE },
	{ "sample-tokens", KEY_INT, AT(sample_tokens), 1, 1 << 24, "64", "N", "tokens of it", KEY_FREE },
	{ "sample-temperature", KEY_FLOAT, AT(sample_temperature), 0, 100, "0", "X", "0: the likeliest token, else by chance, decided by the seed", KEY_FREE },
#undef AT
};
const size_t ll_train_keys_count = LL_COUNT(ll_train_keys);
_Static_assert(LL_COUNT(ll_train_keys) <= LL_TRAIN_KEYS_MAX, "LL_TRAIN_KEYS_MAX");

const struct ll_train_key *ll_train_key_named(const char *name)
{
	for (size_t i = 0; i < ll_train_keys_count; i++)
		if (strcmp(ll_train_keys[i].name, name) == 0)
			return &ll_train_keys[i];
	return NULL;
}

void *ll_train_key_place(const struct ll_train_settings *s, const struct ll_train_key *k)
{
	return (char *)(uintptr_t)s + k->offset;
}

int ll_train_parse_steps(const char *value, int64_t *out)
{
	static const char units[] = "kMGBT";
	static const double factor[] = { 1e3, 1e6, 1e9, 1e9, 1e12 };
	size_t len = strlen(value);
	double tokens;
	if (len < 4 || strcmp(value + len - 3, "tok") != 0)
		return ll_parse_i64(ll_cstr(value), out) < 0 || *out < 0 ? -1 : 0;
	const char *unit = strchr(units, value[len - 4]);
	if (ll_parse_double(ll_str(value, len - 3 - (unit != NULL)), &tokens) < 0)
		return -1;
	tokens *= unit ? factor[unit - units] : 1;
	*out = -(int64_t)tokens;
	return tokens >= 1 && tokens <= 0x1p62 && tokens == floor(tokens) ? 0 : -1;
}

/* Lists are kept a word a line. */
static int check_line(const struct ll_train_key *k, const char *value, struct ll_err *err)
{
	if (k->type != KEY_LIST || !strchr(value, '\n'))
		return 0;
	return ll_err_set(err, "goes on after the end of the line: only names and words of one line can be given");
}

int ll_train_key_set(struct ll_train_settings *s, const struct ll_train_key *k, const char *value, struct ll_err *err)
{
	double v = 0;
	int64_t n = 0;
	if (check_line(k, value, err) < 0)
		return -1;
	if (k->type == KEY_WORD || k->type == KEY_LIST) {
		char **word = ll_train_key_place(s, k);
		ll_free(*word);
		*word = *value ? ll_strdup(value) : NULL;
		return 0;
	}
	if (k->type == KEY_STEPS) {
		if (ll_train_parse_steps(value, &n) < 0 || (double)n > k->max)
			return ll_err_set(err, "not a number of steps, nor tokens such as 10Mtok");
		*(int64_t *)ll_train_key_place(s, k) = n;
		return 0;
	}
	if (k->type == KEY_INT ? ll_parse_i64(ll_cstr(value), &n) < 0 : ll_parse_double(ll_cstr(value), &v) < 0)
		return ll_err_set(err, "not %s", k->type == KEY_INT ? "a whole number" : "a number");
	v = k->type == KEY_INT ? (double)n : v;
	bool is_default = k->otherwise && strcmp(value, k->otherwise) == 0; /* "0: choose" lies outside some ranges */
	if (!is_default && (v < k->min || v > k->max))
		return ll_err_set(err, "must be from %.16g to %s%.16g", k->min, k->max == BELOW_1 ? "below " : "",
				  k->max == BELOW_1 ? 1 : k->max);
	if (k->type == KEY_INT)
		*(int64_t *)ll_train_key_place(s, k) = n;
	else
		*(double *)ll_train_key_place(s, k) = v;
	return 0;
}

int ll_train_key_add(struct ll_train_settings *s, const struct ll_train_key *k, const char *value, struct ll_err *err)
{
	if (check_line(k, value, err) < 0)
		return -1;
	char **list = ll_train_key_place(s, k), *more = *list ? ll_format("%s\n%s", *list, value) : ll_strdup(value);
	ll_free(*list);
	*list = more;
	return 0;
}

void ll_train_put_quoted(struct ll_buf *out, const char *word, size_t len)
{
	ll_buf_putc(out, '"');
	for (const char *p = word; p < word + len; p++) {
		if (*p == '"' || *p == '\\')
			ll_buf_putc(out, '\\');
		if (*p == '\n')
			ll_buf_puts(out, "\\n");
		else
			ll_buf_putc(out, *p);
	}
	ll_buf_putc(out, '"');
}

void ll_train_key_put(const struct ll_train_settings *s, const struct ll_train_key *k, struct ll_buf *out)
{
	const char *word = k->type == KEY_WORD || k->type == KEY_LIST ? *(char **)ll_train_key_place(s, k) : NULL;
	if (k->type == KEY_WORD || k->type == KEY_LIST)
		ll_train_put_quoted(out, word ? word : "", word ? strlen(word) : 0);
	else if (k->type == KEY_INT || k->type == KEY_STEPS)
		ll_buf_printf(out, "%lld", (long long)*(int64_t *)ll_train_key_place(s, k));
	else
		ll_put_double(out, *(double *)ll_train_key_place(s, k));
}
