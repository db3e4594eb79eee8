/* SPDX-License-Identifier: MIT */
/* dataset_read.c - the reader of token datasets (dataset.h): manifest, mapped token files, blocks checked at first
 * touch. */
#include <errno.h>
#include <json-c/json.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "doc/dataset.h"
#include "doc/dataset_parts.h"
#include "io/file.h"
#include "stream/reader.h"
#include "text/json_tree.h"

#define MANIFEST_MAX ((size_t)256 << 20)

static void LL_NORETURN bad(const char *path, const char *why)
{
	ll_hint("was the dataset changed after ll-shard pack wrote it? ll-shard check shows what is left");
	ll_die(LL_EXIT_INPUT, "%s: %s", path, why);
}

/* Members stand in the directory itself. */
static char *member_path(const struct ll_dataset *d, const char *manifest, const char *name)
{
	if (*name == '\0' || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		bad(manifest, "a member's name is not a file name");
	return ll_path_join(d->dir, name);
}

static void check_size(const char *path, uint64_t bytes)
{
	struct stat st;
	if (stat(path, &st) < 0)
		ll_die_errno(LL_EXIT_INPUT, "%s: the manifest lists it", path);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != bytes)
		ll_die(LL_EXIT_INPUT, "%s: %lld bytes, the manifest says %llu", path, (long long)st.st_size,
		       (unsigned long long)bytes);
}

static int read_file_entry(struct ll_dataset *d, const char *manifest, struct json_object *o, struct ll_dataset_file *f,
			   struct ll_hash128_state *all, struct ll_err *err)
{
	static const char *const names[] = { "name", "bytes", "blocks" };
	const char *name = ll_json_tree_string(o, "name", err);
	struct json_object *blocks = ll_json_tree_array(o, "blocks", err);
	if (!name || !blocks || ll_json_tree_u64(o, "bytes", &f->bytes, err) < 0 ||
	    ll_json_tree_only(o, names, LL_COUNT(names), err) < 0)
		return -1;
	f->blocks = (f->bytes + LL_DATASET_BLOCK - 1) / LL_DATASET_BLOCK;
	if (f->bytes % d->width)
		return ll_err_set(err, "%s: %llu bytes are no whole tokens", name, (unsigned long long)f->bytes);
	if (json_object_array_length(blocks) != f->blocks)
		return ll_err_set(err, "%s: %zu block hashes for %llu bytes", name, json_object_array_length(blocks),
				  (unsigned long long)f->bytes);
	f->path = member_path(d, manifest, name);
	f->hash = ll_calloc(f->blocks + 1, sizeof(*f->hash));
	f->checked = ll_calloc(f->blocks + 1, sizeof(*f->checked));
	for (size_t i = 0; i < f->blocks; i++) {
		struct json_object *h = json_object_array_get_idx(blocks, i);
		if (!json_object_is_type(h, json_type_string) ||
		    ll_id_parse(ll_cstr(json_object_get_string(h)), &f->hash[i]) < 0)
			return ll_err_set(err, "%s: block hash %zu is not 32 hexadecimal digits", name, i);
		ll_hash128_update(all, f->hash[i].byte, 16);
	}
	return 0;
}

static int read_counts(struct ll_dataset *d, struct json_object *o, struct ll_err *err)
{
	uint64_t version, width, vocabulary, block;
	const char *format = ll_json_tree_string(o, "format", err);
	if (!format || ll_json_tree_u64(o, "version", &version, err) < 0)
		return -1;
	if (strcmp(format, "lltools-dataset") != 0 || version != 1)
		return ll_err_set(err, "format %.40s version %llu; this program reads lltools-dataset version 1",
				  format, (unsigned long long)version);
	const char *tokenizer = ll_json_tree_string(o, "tokenizer", err);
	if (!tokenizer || ll_json_tree_u64(o, "width", &width, err) < 0 ||
	    ll_json_tree_u64(o, "vocabulary", &vocabulary, err) < 0 || ll_json_tree_i64(o, "eot", &d->eot, err) < 0 ||
	    ll_json_tree_u64(o, "tokens", &d->tokens, err) < 0 ||
	    ll_json_tree_u64(o, "documents", &d->documents, err) < 0 ||
	    ll_json_tree_u64(o, "text_bytes", &d->text_bytes, err) < 0 ||
	    ll_json_tree_u64(o, "block_bytes", &block, err) < 0)
		return -1;
	if ((width != 2 && width != 4) || block != LL_DATASET_BLOCK)
		return ll_err_set(err, "width %llu, blocks of %llu bytes: not what this version writes",
				  (unsigned long long)width, (unsigned long long)block);
	if (vocabulary == 0 || vocabulary > (width == 2 ? 65536u : UINT32_MAX) || d->eot < -1 ||
	    d->eot >= (int64_t)vocabulary)
		return ll_err_set(err, "vocabulary %llu with end-of-text %lld does not fit %llu bytes a token",
				  (unsigned long long)vocabulary, (long long)d->eot, (unsigned long long)width);
	struct ll_id id;
	if (ll_id_parse(ll_cstr(tokenizer), &id) < 0)
		return ll_err_set(err, "the tokenizer id is not 32 hexadecimal digits");
	ll_id_hex(id, d->tokenizer_id);
	d->width = (unsigned)width;
	d->vocabulary = (uint32_t)vocabulary;
	return 0;
}

static int read_files(struct ll_dataset *d, const char *manifest, struct json_object *o, struct ll_err *err)
{
	struct ll_hash128_state *all = ll_hash128_new();
	struct json_object *files = ll_json_tree_array(o, "files", err);
	const char *id = ll_json_tree_string(o, "id", err);
	int rc = files && id ? 0 : -1;
	size_t n = rc == 0 ? json_object_array_length(files) : 0;
	uint64_t tokens = 0;
	d->file = ll_calloc(n + 1, sizeof(*d->file));
	for (size_t i = 0; i < n && rc == 0; i++) {
		d->file[i].first = tokens;
		d->files = i + 1;
		rc = read_file_entry(d, manifest, json_object_array_get_idx(files, i), &d->file[i], all, err);
		tokens += d->file[i].bytes / d->width;
	}
	ll_id_hex(ll_hash128_digest(all), d->id);
	ll_hash128_free(all);
	if (rc == 0 && tokens != d->tokens)
		rc = ll_err_set(err, "the files hold %llu tokens, the manifest counts %llu", (unsigned long long)tokens,
				(unsigned long long)d->tokens);
	if (rc == 0 && strcmp(id, d->id) != 0)
		rc = ll_err_set(err, "the id is not that of the block hashes");
	return rc;
}

static void check_documents(struct ll_dataset *d, const char *manifest, struct json_object *o)
{
	static const char *const names[] = { "name", "bytes", "data_id" };
	struct ll_err err;
	struct ll_end end;
	uint64_t bytes;
	char hex[33];
	struct json_object *f = ll_json_tree_object(o, "documents_file", &err);
	const char *name = f ? ll_json_tree_string(f, "name", &err) : NULL;
	const char *id = name ? ll_json_tree_string(f, "data_id", &err) : NULL;
	if (!id || ll_json_tree_u64(f, "bytes", &bytes, &err) < 0 ||
	    ll_json_tree_only(f, names, LL_COUNT(names), &err) < 0)
		bad(manifest, err.text);
	d->documents_path = member_path(d, manifest, name);
	check_size(d->documents_path, bytes);
	if (!ll_stream_end(d->documents_path, &end) || end.failed)
		bad(d->documents_path, "has no complete end frame");
	if (strcmp(ll_id_hex(end.data_id, hex), id) != 0 || end.records != d->documents)
		bad(d->documents_path, "is not the list of documents the manifest names");
}

static void check_tokenizer(struct ll_dataset *d, const char *manifest, struct json_object *o)
{
	static const char *const names[] = { "name", "bytes", "hash" };
	struct ll_err err;
	uint64_t bytes;
	char hex[33];
	struct json_object *f = ll_json_tree_object(o, "tokenizer_file", &err);
	const char *name = f ? ll_json_tree_string(f, "name", &err) : NULL;
	const char *hash = name ? ll_json_tree_string(f, "hash", &err) : NULL;
	if (!hash || ll_json_tree_u64(f, "bytes", &bytes, &err) < 0 ||
	    ll_json_tree_only(f, names, LL_COUNT(names), &err) < 0)
		bad(manifest, err.text);
	d->tokenizer_path = member_path(d, manifest, name);
	check_size(d->tokenizer_path, bytes);
	struct ll_buf text = ll_read_file(d->tokenizer_path, bytes);
	if (strcmp(ll_id_hex(ll_hash128(text.data, text.len), hex), hash) != 0)
		bad(d->tokenizer_path, "checksum mismatch");
	ll_buf_free(&text);
}

struct ll_dataset *ll_dataset_open(const char *dir)
{
	static const char *const names[] = { "format",	"version",     "width",	     "vocabulary",     "eot",
					     "tokens",	"documents",   "text_bytes", "tokenizer",      "id",
					     "split",	"block_bytes", "files",	     "documents_file", "tokenizer_file",
					     "checksum" };
	struct ll_dataset *d = ll_calloc(1, sizeof(*d));
	char *manifest = ll_path_join(dir, "manifest.json");
	struct ll_err err;
	struct stat st;
	d->dir = ll_strdup(dir);
	if (stat(manifest, &st) < 0) {
		ll_hint("ll-shard pack -o %s makes a token dataset from token streams", dir);
		ll_die_errno(LL_EXIT_INPUT, "%s: not a token dataset", manifest);
	}
	struct ll_buf text = ll_read_file(manifest, MANIFEST_MAX);
	if (ll_json_seal_check(ll_buf_str(&text), &err) < 0)
		bad(manifest, err.text);
	struct json_object *o = ll_json_tree_parse(ll_buf_str(&text), &err);
	if (!o || read_counts(d, o, &err) < 0 || read_files(d, manifest, o, &err) < 0 ||
	    ll_json_tree_only(o, names, LL_COUNT(names), &err) < 0)
		bad(manifest, err.text);
	for (size_t i = 0; i < d->files; i++) {
		check_size(d->file[i].path, d->file[i].bytes);
		if (d->file[i].bytes)
			d->file[i].map = ll_map_open(d->file[i].path);
		if (d->file[i].map.len != d->file[i].bytes)
			bad(d->file[i].path, "changed its size");
	}
	check_documents(d, manifest, o);
	check_tokenizer(d, manifest, o);
	json_object_put(o);
	ll_buf_free(&text);
	ll_free(manifest);
	return d;
}

/* Hash first, then the ids: a token outside the vocabulary would index past the embedding. */
static void check_block(const struct ll_dataset *d, struct ll_dataset_file *f, size_t b)
{
	size_t start = b * LL_DATASET_BLOCK, len = LL_MIN(f->bytes - start, LL_DATASET_BLOCK);
	const unsigned char *p = f->map.data + start;
	if (atomic_load_explicit(&f->checked[b], memory_order_acquire))
		return;
	if (!ll_id_eq(ll_hash128(p, len), f->hash[b]))
		ll_die(LL_EXIT_INPUT, "%s: block at byte %zu: checksum mismatch", f->path, start);
	for (size_t i = 0; i < len; i += d->width) {
		uint32_t id = d->width == 2 ? ll_get16(p + i) : ll_get32(p + i);
		if (id >= d->vocabulary)
			ll_die(LL_EXIT_INPUT, "%s: byte %zu: token %u is outside the vocabulary of %u", f->path,
			       start + i, id, d->vocabulary);
	}
	atomic_store_explicit(&f->checked[b], 1, memory_order_release);
}

void ll_dataset_read(struct ll_dataset *d, uint64_t start, size_t n, uint32_t *out)
{
	if (start > d->tokens || n > d->tokens - start)
		LL_BUG("tokens %llu + %zu of a dataset of %llu", (unsigned long long)start, n,
		       (unsigned long long)d->tokens);
	for (size_t i = 0; i < d->files && n > 0; i++) {
		struct ll_dataset_file *f = &d->file[i];
		uint64_t count = f->bytes / d->width;
		if (start >= f->first + count)
			continue;
		size_t at = (size_t)(start - f->first), take = LL_MIN(n, (size_t)count - at);
		const unsigned char *p = f->map.data + at * d->width;
		size_t last = ((at + take) * d->width - 1) / LL_DATASET_BLOCK;
		for (size_t b = at * d->width / LL_DATASET_BLOCK; b <= last; b++)
			check_block(d, f, b);
		for (size_t k = 0; k < take; k++)
			out[k] = d->width == 2 ? ll_get16(p + 2 * k) : ll_get32(p + 4 * k);
		out += take;
		start += take;
		n -= take;
	}
}

void ll_dataset_verify(struct ll_dataset *d)
{
	for (size_t i = 0; i < d->files; i++)
		for (size_t b = 0; b < d->file[i].blocks; b++)
			check_block(d, &d->file[i], b);
	const char *const documents[] = { d->documents_path };
	struct ll_reader *r = ll_reader_open(documents, 1, "documents");
	struct ll_dataset_entry e;
	struct ll_err err;
	const unsigned char *record;
	uint64_t offset = 0;
	for (size_t len; (record = ll_reader_next(r, &len)); offset = e.offset + e.length)
		if (ll_dataset_entry_get(record, len, &e, &err) < 0 || e.offset != offset ||
		    e.length > d->tokens - offset)
			ll_die(LL_EXIT_INPUT, "%s: not the places of the documents", ll_reader_where(r));
	ll_reader_close(r);
	if (offset != d->tokens)
		ll_die(LL_EXIT_INPUT, "%s: the documents end at token %llu of %llu", d->documents_path,
		       (unsigned long long)offset, (unsigned long long)d->tokens);
}

void ll_dataset_close(struct ll_dataset *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->files; i++) {
		if (d->file[i].map.data)
			ll_map_close(&d->file[i].map);
		ll_free(d->file[i].path);
		ll_free(d->file[i].hash);
		ll_free(d->file[i].checked);
	}
	ll_free(d->file);
	ll_free(d->index);
	ll_free(d->dir);
	ll_free(d->documents_path);
	ll_free(d->tokenizer_path);
	ll_free(d);
}

#define GETTER(type, name)                                                                                             \
	type ll_dataset_##name(const struct ll_dataset *d)                                                             \
	{                                                                                                              \
		return d->name;                                                                                        \
	}
GETTER(uint64_t, tokens)
GETTER(uint64_t, documents)
GETTER(uint64_t, text_bytes)
GETTER(uint32_t, vocabulary)
GETTER(int64_t, eot)
GETTER(const char *, tokenizer_id)
GETTER(const char *, tokenizer_path)
GETTER(const char *, documents_path)
GETTER(const char *, id)
