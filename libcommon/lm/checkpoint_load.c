/* SPDX-License-Identifier: MIT */
/* checkpoint_load.c - models read back from folders (checkpoint.h). */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "lm/checkpoint.h"
#include "lm/folder.h"
#include "lm/hf_names.h"
#include "lm/safetensors.h"
#include "text/json_tree.h"

#define CONFIG_MAX LL_MIB
#define JOURNAL_MAX ((size_t)1 << 30)

static int read_state(struct json_object *o, struct ll_checkpoint_state *s, struct ll_err *err)
{
	uint64_t version;
	const char *format = ll_json_tree_string(o, "format", err);
	if (!format || ll_json_tree_u64(o, "version", &version, err) < 0)
		return -1;
	if (strcmp(format, "lltools-checkpoint") != 0 || version != 1)
		return ll_err_set(err, "%.40s version %llu; this program reads lltools-checkpoint version 1", format,
				  (unsigned long long)version);
	const char *seed = ll_json_tree_string(o, "seed", err), *data = ll_json_tree_string(o, "data", err);
	const char *tokenizer = ll_json_tree_string(o, "tokenizer", err),
		   *log = ll_json_tree_string(o, "log_hash", err);
	if (!seed || !data || !tokenizer || !log || ll_json_tree_u64(o, "step", &s->step, err) < 0 ||
	    ll_json_tree_u64(o, "tokens", &s->tokens, err) < 0 || ll_json_tree_u64(o, "cursor", &s->cursor, err) < 0 ||
	    ll_json_tree_u64(o, "log_bytes", &s->log_bytes, err) < 0)
		return -1;
	if (ll_parse_u64(ll_cstr(seed), &s->seed) < 0 || ll_id_parse(ll_cstr(log), &s->log_hash) < 0)
		return ll_err_set(err, "seed or log_hash cannot be read");
	if (ll_json_tree_double(o, "valid_loss", &s->valid_loss, NULL) < 0)
		s->valid_loss = NAN;
	if (ll_json_tree_double(o, "loss", &s->loss, NULL) < 0)
		s->loss = NAN;
	struct json_object *final;
	s->final = json_object_object_get_ex(o, "final", &final) && json_object_get_boolean(final);
	const char *parent = ll_json_tree_string(o, "parent", NULL), *of = ll_json_tree_string(o, "parent_state", NULL);
	s->parent = parent && of ? ll_strdup(parent) : NULL;
	s->parent_state = parent && of ? ll_strdup(of) : NULL;
	s->data_id = ll_strdup(data);
	s->tokenizer_id = ll_strdup(tokenizer);
	return 0;
}

static int model_config(struct json_object *state, struct ll_lm_config *c, struct ll_err *err)
{
	struct ll_config lines = { 0 };
	const char *text = ll_json_tree_string(state, "model", err);
	struct ll_err why;
	int rc = text ? ll_config_parse(&lines, "model", ll_cstr(text), err) : -1;
	*c = (struct ll_lm_config){ .attention_bias = true }; /* keys that older checkpoints lack */
	for (size_t i = 0; rc == 0 && i < lines.len; i++) {
		const struct ll_config_entry *e = &lines.entry[i];
		rc = ll_lm_config_set(c, e->key, e->value, &why);
		if (rc < 0)
			ll_err_set(err, "%s = %s: %s", e->key, e->value, why.text);
	}
	ll_config_free(&lines);
	return rc < 0 ? -1 : ll_lm_config_check(c, err);
}

static const struct ll_safetensor *find_tensor(const struct ll_safetensors *s, const char *name)
{
	static const char *const prefixes[] = { "transformer.", "model." }; /* those saved without a head lack it, as many of the hub do */
	const struct ll_safetensor *t = ll_safetensors_find(s, name);
	for (size_t i = 0; !t && i < LL_COUNT(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			t = ll_safetensors_find(s, name + strlen(prefixes[i]));
	return t;
}

static bool has_shape(const struct ll_lm *m, const struct ll_hf_tensor *h, const struct ll_safetensor *t)
{
	const struct ll_lm_tensor *ours = &m->tensor[h->tensor];
	uint64_t rows = (uint64_t)(h->rows + h->before), columns = ours->ndim > 1 ? (uint64_t)ours->shape[1] : 1;
	return t->dims == (unsigned)ours->ndim && t->shape[h->transpose ? 1 : 0] == rows && (t->dims == 1 || t->shape[h->transpose ? 0 : 1] == columns);
}

static int read_tensor(struct ll_lm *m, const struct ll_hf_tensor *h, const struct ll_safetensor *t, struct ll_err *err)
{
	const struct ll_lm_tensor *ours = &m->tensor[h->tensor];
	uint64_t rows = (uint64_t)h->rows, columns = ours->ndim > 1 ? (uint64_t)ours->shape[1] : 1;
	uint64_t before = (uint64_t)h->before, heads = (uint64_t)h->heads;
	float *to = m->param + ours->offset + (size_t)h->row * columns;
	if (!h->transpose && !before && !heads)
		return ll_safetensor_f32(t, to, err);
	float *turned = ll_malloc(t->elements * sizeof(float));
	int rc = ll_safetensor_f32(t, turned, err);
	uint64_t piece = heads ? rows / 3 / heads * columns : 0;
	if (rc == 0 && before)
		memcpy(to, turned + before * columns, rows * columns * sizeof(float));
	for (uint64_t i = 0; rc == 0 && i < 3 * heads; i++)
		memcpy(to + (i % 3 * heads + i / 3) * piece, turned + i * piece, piece * sizeof(float));
	for (uint64_t r = 0; rc == 0 && h->transpose && r < rows; r++)
		for (uint64_t c = 0; c < columns; c++)
			to[r * columns + c] = turned[c * rows + r];
	ll_free(turned);
	return rc;
}

/* Buffers of GPT-2 that are no weights, and a tied head stored once more. */
static bool may_be_ignored(const struct ll_lm *m, const char *name)
{
	size_t len = strlen(name);
	static const char *const ends[] = { ".attn.bias", ".attn.masked_bias", ".attention.bias", ".attention.masked_bias",
					    ".rotary_emb.inv_freq" };
	for (size_t i = 0; i < LL_COUNT(ends); i++)
		if (len > strlen(ends[i]) && strcmp(name + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return m->config.tied_head && (strcmp(name, "lm_head.weight") == 0 || strcmp(name, "embed_out.weight") == 0);
}

/* The files of a folder's weights: model.safetensors, or those its index names. */
struct shards {
	size_t n;
	struct shard {
		char *path;
		struct ll_map map;
		struct ll_safetensors s;
		bool *used; /* by tensor */
	} *shard;
};

static int add_shard(struct shards *w, const char *dir, const char *name, struct ll_err *err)
{
	struct ll_err why;
	struct stat st;
	char *path = ll_path_join(dir, name);
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->shard[i].path, path) == 0) {
			ll_free(path);
			return 0;
		}
	w->shard = ll_realloc(w->shard, (w->n + 1) * sizeof(*w->shard));
	struct shard *f = &w->shard[w->n++];
	*f = (struct shard){ .path = path };
	if (strchr(name, '/') || stat(path, &st) < 0)
		return ll_err_set(err, "%s: %s", path, strchr(name, '/') ? "not a file of this folder" : strerror(errno));
	f->map = ll_map_open(path);
	if (ll_safetensors_parse(ll_str((const char *)f->map.data, f->map.len), &f->s, &why) < 0)
		return ll_err_set(err, "%s: %s", path, why.text);
	f->used = ll_calloc(f->s.n + 1, sizeof(*f->used));
	return 0;
}

static int add_indexed(struct shards *w, const char *dir, const char *index, struct ll_err *err)
{
	struct ll_err why = { "" };
	struct ll_buf text = ll_read_file(index, 64 * LL_MIB);
	struct json_object *o = ll_json_tree_parse(ll_buf_str(&text), &why);
	struct json_object *names = o ? ll_json_tree_object(o, "weight_map", &why) : NULL;
	int rc = names ? 0 : ll_err_set(err, "%s: %s", index, why.text);
	if (names) {
		json_object_object_foreach(names, tensor, value) {
			const char *name = rc == 0 ? json_object_get_string(value) : NULL;
			if (rc == 0)
				rc = name ? add_shard(w, dir, name, err) : ll_err_set(err, "%s: %.100s has no file", index, tensor);
		}
	}
	json_object_put(o);
	ll_buf_free(&text);
	return rc;
}

static int open_shards(struct shards *w, const char *dir, struct ll_err *err)
{
	char *whole = ll_path_join(dir, "model.safetensors"), *index = ll_path_join(dir, "model.safetensors.index.json");
	int rc = !ll_path_exists(whole) && ll_path_exists(index) ? add_indexed(w, dir, index, err) :
								    add_shard(w, dir, "model.safetensors", err);
	ll_free(whole);
	ll_free(index);
	return rc;
}

static void close_shards(struct shards *w)
{
	for (size_t i = 0; i < w->n; i++) {
		ll_safetensors_free(&w->shard[i].s);
		if (w->shard[i].map.data)
			ll_map_close(&w->shard[i].map);
		ll_free(w->shard[i].used);
		ll_free(w->shard[i].path);
	}
	ll_free(w->shard);
}

/* One piece of the model: read, or missing. */
static int fill_piece(struct shards *w, const char *dir, struct ll_lm *m, const struct ll_hf_tensor *h, struct ll_lm_unmatched *u, struct ll_err *err)
{
	const struct ll_safetensor *t = NULL;
	struct ll_err why;
	size_t k = 0;
	while (k < w->n && !(t = find_tensor(&w->shard[k].s, h->name)))
		k++;
	if (!t && ll_unmatched_missing(u, m, h))
		return 0;
	const char *path = t || w->n == 1 ? w->shard[t ? k : 0].path : dir;
	if (!t) {
		if (u)
			ll_hint("--allow-missing=%s leaves it at its initial values", h->name);
		return ll_err_set(err, "%s: tensor %s is missing", path, h->name);
	}
	if (!has_shape(m, h, t)) {
		if (ll_unmatched_both(u, m, h))
			return ll_unmatched_missing(u, m, h) ? 0 : -1; /* and, unused, unexpected */
		if (u)
			ll_hint("--allow-missing=%s with --allow-unexpected=%s leaves it at its initial values", h->name, h->name);
		return ll_err_set(err, "%s: tensor %s does not have the shape the configuration asks for", path, h->name);
	}
	w->shard[k].used[t - w->shard[k].s.tensor] = true;
	return read_tensor(m, h, t, &why) < 0 ? ll_err_set(err, "%s: %s", path, why.text) : 0;
}

static int find_unexpected(const struct shards *w, const struct ll_lm *m, struct ll_lm_unmatched *u, struct ll_err *err)
{
	for (size_t k = 0; k < w->n; k++)
		for (size_t i = 0; i < w->shard[k].s.n; i++) {
			const char *name = w->shard[k].s.tensor[i].name;
			if (w->shard[k].used[i] || may_be_ignored(m, name) || ll_unmatched_unexpected(u, name))
				continue;
			if (u)
				ll_hint("--allow-unexpected=%.100s leaves it aside", name);
			return ll_err_set(err, "%s: tensor %.100s has no place in the model", w->shard[k].path, name);
		}
	return 0;
}

/* u: NULL asks for exactly the model's tensors. */
static int read_weights(const char *dir, struct ll_lm *m, enum ll_hf_family f, struct ll_lm_unmatched *u, struct ll_err *err)
{
	struct shards w = { 0 };
	size_t n;
	struct ll_hf_tensor *h = ll_hf_tensors(m, f, &n);
	int rc = open_shards(&w, dir, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = fill_piece(&w, dir, m, &h[i], u, err);
	if (rc == 0)
		rc = find_unexpected(&w, m, u, err);
	ll_free(h);
	close_shards(&w);
	return rc;
}

static int read_optimizer(const char *dir, float *state, size_t n, struct ll_err *err)
{
	char *path = ll_path_join(dir, "optimizer.bin");
	int rc = 0;
	if (!ll_path_exists(path)) {
		rc = ll_err_set(err, "%s: is missing: the checkpoint cannot be resumed from", path);
	} else {
		struct ll_map map = ll_map_open(path);
		if (map.len != 4 * n)
			rc = ll_err_set(err, "%s: %zu bytes, the optimizer asks for %zu", path, map.len, 4 * n);
		for (size_t i = 0; rc == 0 && i < n; i++) {
			uint32_t bits = ll_get32(map.data + 4 * i);
			memcpy(&state[i], &bits, 4);
		}
		ll_map_close(&map);
	}
	ll_free(path);
	return rc;
}

/* Folders from before there was a choice name none: AdamW. */
static int same_optimizer(struct json_object *state, const struct ll_optimizer_kind *k, struct ll_err *err)
{
	struct json_object *o;
	const char *name = json_object_object_get_ex(state, "optimizer", &o) ? json_object_get_string(o) : "adamw";
	return strcmp(name, k->name) == 0 ? 0 : ll_err_set(err, "was saved with optimizer %.40s, this run has %s", name, k->name);
}

int ll_checkpoint_load(const char *dir, struct ll_lm *m, struct ll_optimizer *optimizer, struct ll_checkpoint_state *s,
		       struct ll_err *err)
{
	struct ll_lm_config c;
	struct ll_err why;
	struct json_object *o = ll_folder_open(dir, err);
	*s = (struct ll_checkpoint_state){ 0 };
	if (!o)
		return -1;
	int rc = read_state(o, s, &why);
	if (rc == 0)
		rc = model_config(o, &c, &why);
	if (rc == 0) {
		struct ll_buf ours = { 0 }, theirs = { 0 };
		ll_lm_config_print(&m->config, &ours);
		ll_lm_config_print(&c, &theirs);
		if (!ll_str_eq(ll_buf_str(&ours), ll_buf_str(&theirs)))
			rc = ll_err_set(&why, "another model than the configuration of this run");
		ll_buf_free(&ours);
		ll_buf_free(&theirs);
	}
	if (rc == 0 && optimizer)
		rc = same_optimizer(o, optimizer->kind, &why);
	json_object_put(o);
	if (rc < 0)
		return ll_err_set(err, "%s: %s", dir, why.text);
	if (read_weights(dir, m, ll_hf_family(&c), NULL, err) < 0)
		return -1;
	return optimizer ? read_optimizer(dir, optimizer->state, optimizer->floats, err) : 0;
}

struct ll_buf ll_checkpoint_journal(const char *dir)
{
	char *path = ll_path_join(dir, "journal.jsonl");
	struct ll_buf text = { 0 };
	if (ll_path_exists(path))
		text = ll_read_file(path, JOURNAL_MAX);
	ll_free(path);
	return text;
}

/* ---- for programs that use a model ---- */

/* checked: every member's hash too. */
static int open_folder(const char *dir, struct ll_lm_folder *info, bool checked, struct ll_err *err)
{
	char *state = ll_path_join(dir, LL_FOLDER_STATE), *config = ll_path_join(dir, "config.json");
	char *tokenizer = ll_path_join(dir, "tokenizer.json");
	struct ll_err why = { "" };
	int rc = -1;
	*info = (struct ll_lm_folder){ .dir = ll_strdup(dir) };
	if (ll_path_exists(state)) {
		struct ll_checkpoint_state s = { 0 };
		struct json_object *o = NULL;
		if (checked) {
			o = ll_folder_open(dir, err);
		} else {
			struct ll_buf text = ll_read_file(state, 16 * LL_MIB);
			if (ll_json_seal_check(ll_buf_str(&text), &why) < 0 ||
			    !(o = ll_json_tree_parse(ll_buf_str(&text), &why)))
				ll_err_set(err, "%s: %s", state, why.text);
			ll_buf_free(&text);
		}
		if (o && (rc = read_state(o, &s, &why) == 0 ? model_config(o, &info->config, &why) : -1) < 0)
			ll_err_set(err, "%s: %s", state, why.text);
		info->step = s.step;
		info->tokenizer_id = ll_strdup(s.tokenizer_id ? s.tokenizer_id : "");
		ll_checkpoint_state_free(&s);
		json_object_put(o);
	} else if (ll_path_exists(config)) {
		struct ll_buf text = ll_read_file(config, CONFIG_MAX);
		info->tokenizer_id = ll_strdup("");
		if ((rc = ll_hf_config_read(ll_buf_str(&text), &info->config, &why)) < 0)
			ll_err_set(err, "%s: %s", config, why.text);
		ll_buf_free(&text);
	} else {
		char *latest = ll_path_join(dir, "latest");
		bool run = ll_path_exists(latest);
		ll_err_set(err, "%s: no model folder: neither %s nor config.json is in it%s%s", dir, LL_FOLDER_STATE,
			   run ? "; the newest of this run is " : "", run ? latest : "");
		ll_free(latest);
	}
	if (ll_path_exists(tokenizer))
		info->tokenizer_path = ll_strdup(tokenizer);
	ll_free(tokenizer);
	ll_free(config);
	ll_free(state);
	return rc;
}

int ll_checkpoint_config(const char *dir, struct ll_lm_config *c, struct ll_err *err)
{
	struct ll_lm_folder info;
	int rc = open_folder(dir, &info, false, err);
	*c = info.config;
	ll_lm_folder_free(&info);
	return rc;
}

void ll_lm_folder_open(const char *dir, struct ll_lm_folder *info)
{
	struct ll_err err;
	if (open_folder(dir, info, false, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s", err.text);
}

struct ll_lm *ll_lm_load_folder_with(const char *dir, int64_t batch, int64_t seq_len, enum ll_lm_mode mode,
				     struct ll_pool *pool, struct ll_lm_folder *info, struct ll_lm_unmatched *u)
{
	struct ll_lm_folder own;
	struct ll_err err;
	if (open_folder(dir, info ? info : &own, true, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s", err.text);
	const struct ll_lm_config *c = info ? &info->config : &own.config;
	struct ll_lm *m = ll_lm_new(c, batch, seq_len > 0 ? seq_len : c->context, mode, pool);
	if (u && u->draw && u->allow_missing)
		ll_lm_init(m, u->seed);
	if (read_weights(dir, m, ll_hf_family(c), u, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s", err.text);
	if (!info)
		ll_lm_folder_free(&own);
	return m;
}

struct ll_lm *ll_lm_load_folder(const char *dir, int64_t batch, int64_t seq_len, enum ll_lm_mode mode,
				struct ll_pool *pool, struct ll_lm_folder *info)
{
	return ll_lm_load_folder_with(dir, batch, seq_len, mode, pool, info, NULL);
}

void ll_lm_folder_free(struct ll_lm_folder *info)
{
	ll_free(info->dir);
	ll_free(info->tokenizer_path);
	ll_free(info->tokenizer_id);
	*info = (struct ll_lm_folder){ 0 };
}
