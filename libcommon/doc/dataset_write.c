/* SPDX-License-Identifier: MIT */
/* dataset_write.c - the writer of token datasets (dataset.h): members under names not in use, the manifest last. */
#include "base/base.h"

#include <json-c/json.h>
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/option.h"
#include "doc/dataset.h"
#include "io/file.h"
#include "stream/writer.h"
#include "text/json.h"
#include "text/json_tree.h"

#define FILE_BYTES ((uint64_t)1 << 29)
#define TOKENIZER_MAX ((size_t)1 << 30)

struct written {
	char *name, *path;
	uint64_t bytes;
	struct ll_buf blocks; /* 16 bytes a block */
	int slot;             /* removed again unless the manifest is published */
};

struct ll_dataset_writer {
	char *dir, *split, *tokenizer_path;
	struct ll_buf tokenizer; /* where there is no path */
	char tokenizer_id[33];
	struct ll_dataset_options o;
	unsigned generation; /* 0: plain names; else a suffix that keeps them apart from an older dataset's */
	uint64_t file_bytes;
	struct written *file;
	size_t files, cap;
	struct ll_out *out;  /* of the last file, NULL between files */
	unsigned char *block;
	size_t fill;
	struct ll_buf record, ids;
	struct ll_writer *documents;
	char *documents_name;
	uint64_t tokens, count, text_bytes;
};

static char *member_name(unsigned generation, const char *stem, const char *ending)
{
	return generation ? ll_format("%s-g%u%s", stem, generation, ending) : ll_format("%s%s", stem, ending);
}

static bool in_use(const char *dir, unsigned generation)
{
	static const char *const stems[][2] = { { "tokens-00000", ".bin" },
						{ "documents", ".ll" },
						{ "tokenizer", ".json" } };
	bool used = false;
	for (size_t i = 0; i < LL_COUNT(stems); i++) {
		char *name = member_name(generation, stems[i][0], stems[i][1]), *path = ll_path_join(dir, name);
		used = used || ll_path_exists(path);
		ll_free(path);
		ll_free(name);
	}
	return used;
}

struct ll_dataset_writer *ll_dataset_writer_open(const char *dir, const struct ll_dataset_options *o)
{
	struct ll_dataset_writer *w = ll_calloc(1, sizeof(*w));
	w->o = *o;
	w->dir = ll_strdup(dir);
	w->split = o->split ? ll_strdup(o->split) : NULL;
	if (o->tokenizer.data)
		ll_buf_add_str(&w->tokenizer, o->tokenizer);
	else
		w->tokenizer_path = ll_strdup(o->tokenizer_path);
	snprintf(w->tokenizer_id, sizeof(w->tokenizer_id), "%s", o->tokenizer_id);
	w->file_bytes = o->tokens_per_file ? ll_size_mul(o->tokens_per_file, o->width) : FILE_BYTES;
	ll_make_dirs(dir);
	while (in_use(dir, w->generation))
		w->generation++;
	w->block = ll_malloc(LL_DATASET_BLOCK);
	w->documents_name = member_name(w->generation, "documents", ".ll");
	char *path = ll_path_join(dir, w->documents_name);
	w->documents = ll_writer_open(path, ll_header_new("documents", 1, NULL));
	ll_free(path);
	return w;
}

static void end_block(struct ll_dataset_writer *w)
{
	struct written *f = &w->file[w->files - 1];
	if (w->fill == 0)
		return;
	struct ll_id h = ll_hash128(w->block, w->fill);
	ll_buf_add(&f->blocks, h.byte, 16);
	ll_out_write(w->out, w->block, w->fill);
	f->bytes += w->fill;
	w->fill = 0;
}

static void end_file(struct ll_dataset_writer *w)
{
	if (!w->out)
		return;
	end_block(w);
	struct written *f = &w->file[w->files - 1];
	f->slot = ll_temp_add(f->path, false);
	ll_out_commit(w->out);
	w->out = NULL;
}

static void begin_file(struct ll_dataset_writer *w)
{
	char *stem = ll_format("tokens-%05zu", w->files);
	LL_GROW(w->file, w->cap, w->files + 1);
	struct written *f = &w->file[w->files++];
	*f = (struct written){ .name = member_name(w->generation, stem, ".bin") };
	f->path = ll_path_join(w->dir, f->name);
	w->out = ll_out_open(f->path, LL_OUT_NO_CLOBBER);
	ll_free(stem);
}

/* Appends whole tokens; cuts blocks, and files, by bytes. */
static void put_bytes(struct ll_dataset_writer *w, const unsigned char *p, size_t n)
{
	while (n > 0) {
		if (w->out && w->file[w->files - 1].bytes + w->fill >= w->file_bytes)
			end_file(w);
		if (!w->out)
			begin_file(w);
		uint64_t left = w->file_bytes - w->file[w->files - 1].bytes - w->fill;
		size_t take = LL_MIN(n, LL_MIN(LL_DATASET_BLOCK - w->fill, (size_t)LL_MIN(left, SIZE_MAX)));
		memcpy(w->block + w->fill, p, take);
		w->fill += take;
		p += take;
		n -= take;
		if (w->fill == LL_DATASET_BLOCK)
			end_block(w);
	}
}

void ll_dataset_writer_put(struct ll_dataset_writer *w, struct ll_id key, struct ll_str id, struct ll_str source,
			   uint64_t text_bytes, const unsigned char *ids, uint32_t n)
{
	struct ll_dataset_entry e = { key, w->tokens, n + (uint64_t)(w->o.eot >= 0), text_bytes, id, source };
	put_bytes(w, ids, (size_t)n * w->o.width);
	if (w->o.eot >= 0) {
		unsigned char end[4];
		ll_put32(end, (uint32_t)w->o.eot);
		put_bytes(w, end, w->o.width);
	}
	ll_buf_clear(&w->record);
	ll_dataset_entry_put(&w->record, &e);
	ll_writer_put(w->documents, w->record.data, w->record.len);
	w->tokens += e.length;
	w->text_bytes += text_bytes;
	w->count++;
}

/* The members an older manifest of this directory names; NULL-terminated, caller frees. */
static char **old_members(const char *manifest)
{
	size_t n = 0, cap = 0;
	char **names = NULL;
	struct ll_err err;
	LL_GROW(names, cap, 1);
	names[0] = NULL;
	if (!ll_path_exists(manifest))
		return names;
	struct ll_buf text = ll_read_file(manifest, (size_t)256 << 20);
	struct json_object *o = ll_json_tree_parse(ll_buf_str(&text), &err), *list = NULL;
	if (o)
		list = ll_json_tree_array(o, "files", NULL);
	for (size_t i = 0; o && i < 2 + (list ? json_object_array_length(list) : 0); i++) {
		struct json_object *m = i == 0	 ? ll_json_tree_object(o, "documents_file", NULL)
					: i == 1 ? ll_json_tree_object(o, "tokenizer_file", NULL)
						 : json_object_array_get_idx(list, i - 2);
		const char *name = m ? ll_json_tree_string(m, "name", NULL) : NULL;
		if (!name || strchr(name, '/') || *name == '.')
			continue;
		LL_GROW(names, cap, n + 2);
		names[n++] = ll_strdup(name);
		names[n] = NULL;
	}
	json_object_put(o);
	ll_buf_free(&text);
	return names;
}

static void put_string(struct ll_buf *out, const char *s)
{
	ll_json_escape(out, ll_cstr(s), false);
}

static void put_files(struct ll_dataset_writer *w, struct ll_buf *out)
{
	char hex[33];
	struct ll_id id;
	for (size_t i = 0; i < w->files; i++) {
		const struct written *f = &w->file[i];
		ll_buf_puts(out, i ? ",\n  {\"name\":" : "\n  {\"name\":");
		put_string(out, f->name);
		ll_buf_printf(out, ",\"bytes\":%llu,\"blocks\":[", (unsigned long long)f->bytes);
		for (size_t b = 0; b < f->blocks.len; b += 16) {
			memcpy(id.byte, f->blocks.data + b, 16);
			ll_buf_printf(out, "%s\"%s\"", b ? "," : "", ll_id_hex(id, hex));
		}
		ll_buf_puts(out, "]}");
		ll_buf_add(&w->ids, f->blocks.data, f->blocks.len);
	}
}

static void put_manifest(struct ll_dataset_writer *w, const struct ll_end *documents, uint64_t documents_bytes,
			 const char *tokenizer_name, const struct ll_buf *tokenizer, struct ll_buf *out)
{
	struct ll_buf files = { 0 };
	char hex[33];
	put_files(w, &files);
	ll_buf_printf(out, "{\"format\":\"lltools-dataset\",\"version\":1,\n\"width\":%u,\"vocabulary\":%u,\"eot\":%lld,",
		      w->o.width, w->o.vocabulary, (long long)w->o.eot);
	ll_buf_printf(out, "\n\"tokens\":%llu,\"documents\":%llu,\"text_bytes\":%llu,\n\"tokenizer\":\"%s\",\"id\":\"%s\",",
		      (unsigned long long)w->tokens, (unsigned long long)w->count, (unsigned long long)w->text_bytes,
		      w->tokenizer_id, ll_id_hex(ll_hash128(w->ids.data, w->ids.len), hex));
	ll_buf_puts(out, "\n\"split\":");
	if (w->split)
		put_string(out, w->split);
	else
		ll_buf_puts(out, "null");
	ll_buf_printf(out, ",\"block_bytes\":%zu,\n\"files\":[", LL_DATASET_BLOCK);
	ll_buf_add_str(out, ll_buf_str(&files));
	ll_buf_puts(out, "],\n\"documents_file\":{\"name\":");
	put_string(out, w->documents_name);
	ll_buf_printf(out, ",\"bytes\":%llu,\"data_id\":\"%s\"},\n\"tokenizer_file\":{\"name\":",
		      (unsigned long long)documents_bytes, ll_id_hex(documents->data_id, hex));
	put_string(out, tokenizer_name);
	ll_buf_printf(out, ",\"bytes\":%zu,\"hash\":\"%s\"},\n\"checksum\":\"" LL_JSON_SEAL_BLANK "\"}\n",
		      tokenizer->len, ll_id_hex(ll_hash128(tokenizer->data, tokenizer->len), hex));
	ll_json_seal(out);
	ll_buf_free(&files);
}

static void remove_old(struct ll_dataset_writer *w, char **old, const char *tokenizer_name)
{
	for (size_t i = 0; old[i]; i++) {
		bool ours = strcmp(old[i], w->documents_name) == 0 || strcmp(old[i], tokenizer_name) == 0;
		for (size_t k = 0; k < w->files && !ours; k++)
			ours = strcmp(old[i], w->file[k].name) == 0;
		char *path = ll_path_join(w->dir, old[i]);
		if (!ours)
			unlink(path);
		ll_free(path);
		ll_free(old[i]);
	}
	ll_free(old);
}

static void writer_free(struct ll_dataset_writer *w)
{
	for (size_t i = 0; i < w->files; i++) {
		ll_free(w->file[i].name);
		ll_free(w->file[i].path);
		ll_buf_free(&w->file[i].blocks);
	}
	ll_buf_free(&w->record);
	ll_buf_free(&w->ids);
	ll_free(w->documents_name);
	ll_free(w->tokenizer_path);
	ll_free(w->split);
	ll_free(w->block);
	ll_free(w->file);
	ll_free(w->dir);
	ll_free(w);
}

void ll_dataset_writer_commit(struct ll_dataset_writer *w, const struct ll_lineage *lineage)
{
	char *manifest = ll_path_join(w->dir, "manifest.json"), *documents = ll_path_join(w->dir, w->documents_name);
	char *tokenizer_name = member_name(w->generation, "tokenizer", ".json");
	char *tokenizer_path = ll_path_join(w->dir, tokenizer_name), **old = old_members(manifest);
	struct ll_buf text = { 0 },
		      tokenizer = w->tokenizer_path ? ll_read_file(w->tokenizer_path, TOKENIZER_MAX) : w->tokenizer;
	end_file(w);
	int slots[] = { ll_temp_add(documents, false), ll_temp_add(tokenizer_path, false) };
	struct ll_end end = ll_writer_close(w->documents, lineage);
	ll_write_file(tokenizer_path, tokenizer.data, tokenizer.len);
	struct ll_in *in = ll_in_open(documents);
	put_manifest(w, &end, ll_in_size(in), tokenizer_name, &tokenizer, &text);
	ll_in_close(in);
	ll_write_file(manifest, text.data, text.len);
	for (size_t i = 0; i < w->files; i++)
		ll_temp_remove(w->file[i].slot);
	for (size_t i = 0; i < LL_COUNT(slots); i++)
		ll_temp_remove(slots[i]);
	remove_old(w, old, tokenizer_name);
	ll_buf_free(&tokenizer);
	ll_buf_free(&text);
	ll_free(tokenizer_path);
	ll_free(tokenizer_name);
	ll_free(documents);
	ll_free(manifest);
	writer_free(w);
}
