/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_samples.h"

#include <inttypes.h>

#include "base/error.h"
#include "base/memory.h"
#include "bpe/bpe.h"
#include "lm/generate.h"
#include "text/json.h"
#include "text/utf8.h"

struct prompt {
	char *text;
	int32_t *ids; /* the end of text, then the prompt's */
	size_t n;
};

struct ll_train_samples {
	const struct ll_train_settings *settings;
	struct ll_bpe *bpe;
	struct ll_lm_generator *generator;
	struct prompt *prompt;
	size_t prompts;
	/* of the one that is being made */
	struct ll_bpe_stream stream;
	struct ll_buf text;
};

static void add_prompt(struct ll_train_samples *a, struct ll_bpe_encoder *encoder, struct ll_str text, int64_t context)
{
	struct prompt *p = &a->prompt[a->prompts++];
	struct ll_ids ids = { 0 };
	ll_bpe_encode(encoder, text, false, &ids);
	if ((int64_t)ids.len + 2 > context)
		ll_die(LL_EXIT_USAGE, "--sample-prompt=%.*s%s: its %zu tokens do not fit the model's context of %lld", (int)LL_MIN(text.len, (size_t)40),
		       text.data, text.len > 40 ? "..." : "", ids.len, (long long)context);
	*p = (struct prompt){ ll_strndup(text.data, text.len), ll_calloc(ids.len + 1, sizeof(*p->ids)), ids.len + 1 };
	p->ids[0] = (int32_t)ll_bpe_eot(a->bpe);
	for (size_t i = 0; i < ids.len; i++)
		p->ids[i + 1] = (int32_t)ids.id[i];
	ll_ids_free(&ids);
}

/* Of the key, a line each; without any, one that is empty. */
static void read_prompts(struct ll_train_samples *a, int64_t context)
{
	const char *list = a->settings->sample_prompt ? a->settings->sample_prompt : "", *end;
	struct ll_bpe_encoder *encoder = ll_bpe_encoder_new(a->bpe);
	size_t n = 1;
	for (const char *p = list; (p = strchr(p, '\n')); p++)
		n++;
	a->prompt = ll_calloc(n, sizeof(*a->prompt));
	for (size_t i = 0; i < n; i++, list = end + 1) {
		end = list + strcspn(list, "\n");
		add_prompt(a, encoder, ll_str(list, (size_t)(end - list)), context);
	}
	ll_bpe_encoder_free(encoder);
}

struct ll_train_samples *ll_train_samples_open(const struct ll_train_settings *s, struct ll_trainer *t)
{
	struct ll_train_samples *a = ll_calloc(1, sizeof(*a));
	const char *path = ll_dataset_tokenizer_path(t->data->train);
	*a = (struct ll_train_samples){ .settings = s };
	if (!path)
		ll_die(LL_EXIT_INPUT, "--sample-every: the dataset has no tokenizer.json");
	a->bpe = ll_bpe_load(path, NULL);
	if (ll_bpe_eot(a->bpe) < 0 || ll_bpe_eot(a->bpe) >= s->model.vocabulary)
		ll_die(LL_EXIT_INPUT, "%s: has no end-of-text token to stand before a text, as --sample-every asks", path);
	read_prompts(a, s->model.context);
	a->generator = ll_lm_generator_new(t->model);
	return a;
}

static void take(void *context, int32_t id)
{
	struct ll_train_samples *a = context;
	struct ll_err err;
	if (ll_bpe_stream_put(&a->stream, a->bpe, (uint32_t)id, &a->text, &err) < 0)
		return; /* an id that is no token has no text */
}

void ll_train_samples_make(struct ll_train_samples *a, uint64_t step, struct ll_buf *lines)
{
	const struct ll_train_settings *s = a->settings;
	for (const struct prompt *p = a->prompt; p < a->prompt + a->prompts; p++) {
		struct ll_lm_generation how = { .prompt = p->ids, .prompt_n = p->n, .tokens = s->sample_tokens, .vocabulary = (int64_t)ll_bpe_vocabulary(a->bpe),
						.end = p->ids[0], .temperature = s->sample_temperature, .seed = (uint64_t)s->seed };
		a->stream = (struct ll_bpe_stream){ .inside = *p->text != '\0' };
		ll_buf_clear(&a->text);
		ll_lm_generate(a->generator, &how, take, a);
		ll_bpe_stream_end(&a->stream, &a->text);
		ll_buf_printf(lines, "{\"step\":%" PRIu64 ",\"prompt\":", step);
		ll_json_escape_any(lines, ll_cstr(p->text));
		ll_buf_puts(lines, ",\"text\":");
		ll_json_escape_any(lines, ll_buf_str(&a->text));
		ll_buf_puts(lines, "}\n");
	}
}

void ll_train_samples_close(struct ll_train_samples *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->prompts; i++) {
		ll_free(a->prompt[i].text);
		ll_free(a->prompt[i].ids);
	}
	ll_free(a->prompt);
	ll_lm_generator_free(a->generator);
	ll_bpe_free(a->bpe);
	ll_buf_free(&a->text);
	ll_free(a);
}
