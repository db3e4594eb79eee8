/* SPDX-License-Identifier: MIT */
/* checkpoint.c - step folders written, listed, pruned (checkpoint.h). Reading is in checkpoint_load.c. */
#include "lm/checkpoint.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "lm/folder.h"
#include "lm/hf_names.h"
#include "lm/safetensors.h"
#include "text/json.h"

#define TOKENIZER_MAX ((size_t)1 << 30)

void ll_checkpoint_state_free(struct ll_checkpoint_state *s)
{
	ll_free(s->data_id);
	ll_free(s->tokenizer_id);
	ll_free(s->parent);
	ll_free(s->parent_state);
	*s = (struct ll_checkpoint_state){ 0 };
}

static char *step_name(uint64_t step)
{
	return ll_format("step-%08llu", (unsigned long long)step);
}

char *ll_checkpoint_path(const char *run, uint64_t step)
{
	char *name = step_name(step);
	char *path = ll_path_join(run, name);
	ll_free(name);
	return path;
}

static void write_weights(struct ll_folder_writer *w, const struct ll_lm *m, enum ll_hf_family f)
{
	size_t n;
	struct ll_hf_tensor *h = ll_hf_tensors(m, f, &n);
	struct ll_safetensor_source *source = ll_calloc(n + 1, sizeof(*source));
	for (size_t i = 0; i < n; i++) {
		const struct ll_lm_tensor *t = &m->tensor[h[i].tensor];
		int64_t columns = t->ndim > 1 ? t->shape[1] : 1;
		source[i] = (struct ll_safetensor_source){ .name = h[i].name,
							   .dims = (unsigned)t->ndim,
							   .shape = { (uint64_t)h[i].rows, (uint64_t)columns },
							   .data = m->param + t->offset + h[i].row * columns,
							   .transpose = h[i].transpose,
							   .heads = (uint64_t)h[i].heads,
							   .before = (uint64_t)h[i].before };
	}
	struct ll_out *out = ll_folder_member(w, "model.safetensors");
	ll_safetensors_write(out, ll_folder_hash(w), source, n);
	ll_free(source);
	ll_free(h);
}

static void put_string(struct ll_buf *out, const char *key, const char *value)
{
	ll_buf_printf(out, ",\n\"%s\":", key);
	ll_json_escape_any(out, ll_cstr(value));
}

static void put_finite(struct ll_buf *out, double v)
{
	if (isfinite(v))
		ll_put_double(out, v);
	else
		ll_buf_puts(out, "null");
}

static void put_state(struct ll_buf *out, const struct ll_lm *m, const struct ll_checkpoint_state *s,
		      const struct ll_optimizer *optimizer, enum ll_hf_family f)
{
	char hex[33];
	struct ll_buf config = { 0 };
	ll_buf_printf(
		out,
		"\"format\":\"lltools-checkpoint\",\n\"version\":1,\n\"step\":%llu,\n\"tokens\":%llu,\n\"cursor\":%llu",
		(unsigned long long)s->step, (unsigned long long)s->tokens, (unsigned long long)s->cursor);
	ll_buf_printf(out, ",\n\"seed\":\"%llu\",\n\"log_bytes\":%llu,\n\"final\":%s,\n\"valid_loss\":",
		      (unsigned long long)s->seed, (unsigned long long)s->log_bytes, s->final ? "true" : "false");
	put_finite(out, s->valid_loss);
	ll_buf_puts(out, ",\n\"loss\":");
	put_finite(out, s->loss);
	put_string(out, "log_hash", ll_id_hex(s->log_hash, hex));
	put_string(out, "data", s->data_id ? s->data_id : "");
	put_string(out, "tokenizer", s->tokenizer_id ? s->tokenizer_id : "");
	if (s->parent) {
		put_string(out, "parent", s->parent);
		put_string(out, "parent_state", s->parent_state);
	}
	if (s->unmatched && (s->unmatched->missing_n || s->unmatched->unexpected_n)) {
		ll_buf_puts(out, ",\n");
		ll_unmatched_put(s->unmatched, out);
	}
	put_string(out, "family", ll_hf_family_name(f));
	if (optimizer)
		put_string(out, "optimizer", optimizer->kind->name);
	ll_lm_config_print(&m->config, &config);
	put_string(out, "model", ll_buf_cstr(&config));
	ll_buf_free(&config);
}

static void write_folder(const char *parent, const char *name, const struct ll_lm *m, const struct ll_optimizer *optimizer,
			 const struct ll_checkpoint_state *s, const char *tokenizer_path, int64_t eot)
{
	static const char tokenizer_config[] = "{\n  \"tokenizer_class\": \"PreTrainedTokenizerFast\",\n"
					       "  \"clean_up_tokenization_spaces\": false\n}\n";
	enum ll_hf_family f = ll_hf_family(&m->config);
	struct ll_folder_writer *w = ll_folder_begin(parent, name);
	struct ll_buf text = { 0 };
	ll_hf_config_write(&m->config, f, eot, &text);
	ll_folder_put(w, "config.json", text.data, text.len);
	if (tokenizer_path) {
		struct ll_buf tokenizer = ll_read_file(tokenizer_path, TOKENIZER_MAX);
		ll_folder_put(w, "tokenizer.json", tokenizer.data, tokenizer.len);
		ll_folder_put(w, "tokenizer_config.json", tokenizer_config, sizeof(tokenizer_config) - 1);
		ll_buf_free(&tokenizer);
	}
	write_weights(w, m, f);
	if (optimizer) {
		struct ll_out *out = ll_folder_member(w, "optimizer.bin");
		ll_put_floats(out, ll_folder_hash(w), optimizer->state, optimizer->floats);
	}
	if (s->journal.len)
		ll_folder_put(w, "journal.jsonl", s->journal.data, s->journal.len);
	ll_buf_clear(&text);
	put_state(&text, m, s, optimizer, f);
	ll_folder_commit(w, ll_buf_cstr(&text));
	ll_buf_free(&text);
}

void ll_checkpoint_save(const char *run, const struct ll_lm *m, const struct ll_optimizer *optimizer,
			const struct ll_checkpoint_state *s, const char *tokenizer_path, int64_t eot)
{
	char *name = step_name(s->step);
	write_folder(run, name, m, optimizer, s, tokenizer_path, eot);
	ll_folder_link(run, "latest", name);
	ll_free(name);
}

void ll_lm_folder_save(const char *dir, const struct ll_lm *m, const struct ll_checkpoint_state *s, const char *tokenizer_path, int64_t eot)
{
	char *whole = ll_strdup(dir);
	size_t len = strlen(whole);
	while (len > 1 && whole[len - 1] == '/')
		whole[--len] = '\0';
	const char *name = ll_path_base(whole);
	char *parent = name == whole ? ll_strdup(".") : ll_format("%.*s", (int)LL_MAX(name - whole - 1, 1), whole);
	ll_make_dirs_temp(parent);
	write_folder(parent, name, m, NULL, s, tokenizer_path, eot);
	ll_free(parent);
	ll_free(whole);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

uint64_t *ll_checkpoint_list(const char *run, size_t *n)
{
	uint64_t *step = NULL, number;
	size_t cap = 0;
	DIR *d = opendir(run);
	*n = 0;
	for (struct dirent *e; d && (e = readdir(d));) {
		char *again;
		if (strncmp(e->d_name, "step-", 5) != 0 || ll_parse_u64(ll_cstr(e->d_name + 5), &number) < 0)
			continue;
		again = step_name(number);
		if (strcmp(again, e->d_name) == 0) {
			LL_GROW(step, cap, *n + 1);
			step[(*n)++] = number;
		}
		ll_free(again);
	}
	if (d)
		closedir(d);
	if (*n)
		qsort(step, *n, sizeof(*step), by_value);
	return step;
}

bool ll_checkpoint_due(uint64_t every, uint64_t step)
{
	return every && step && step % every == 0;
}

void ll_checkpoint_prune(const char *run, uint64_t keep, uint64_t pinned, uint64_t since, uint64_t milestone)
{
	size_t n;
	uint64_t *step = ll_checkpoint_list(run, &n);
	for (size_t i = 0; keep > 0 && i + keep < n; i++)
		if (step[i] != pinned && step[i] < since && i + 1 < n && !ll_checkpoint_due(milestone, step[i]))
			ll_checkpoint_withdraw(run, step[i], NULL);
	ll_free(step);
}

void ll_checkpoint_withdraw(const char *run, uint64_t step, const char *as)
{
	char *path = ll_checkpoint_path(run, step), *name = step_name(step);
	char *temp_name = ll_format(".%s.tmp-%ld", as ? as : name, (long)getpid());
	char *temp = ll_path_join(run, temp_name), *other = as ? ll_path_join(run, as) : NULL;
	ll_folder_remove(temp);
	if (other && ll_path_exists(other) && rename(other, temp) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot rename", other);
	if (rename(path, other ? other : temp) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot rename", path);
	ll_folder_remove(temp);
	ll_free(path);
	ll_free(name);
	ll_free(temp_name);
	ll_free(temp);
	ll_free(other);
}

void ll_checkpoint_point(const char *run, uint64_t step)
{
	char *name = step_name(step);
	ll_folder_link(run, "latest", name);
	ll_free(name);
}
