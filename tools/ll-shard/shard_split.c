/* SPDX-License-Identifier: MIT */
/* shard_split.c - ll-shard split: one stream into many, by bytes, by records or by the hash of the key. */
#include "ll-shard/ll_shard.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"
#include "ll-shard/shard_scan.h"
#include "ll-shard/shard_walk.h"
#include "stream/large_frame.h"

#define MAX_BY_KEY 1000

static uint64_t size;
static int64_t count, by_key;
static const char *prefix;

static const struct ll_option options[] = {
	{ LL_OPT_STRING, 'o', "output", &prefix, "PREFIX",
	  "write PREFIX-00000.ll, PREFIX-00001.ll, ... and at last PREFIX.list", LL_OPT_FILE, NULL, 0, 0 },
	{ LL_OPT_SIZE, 0, "size", &size, "SIZE", "close a shard with the record that reaches SIZE bytes of records",
	  LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_INT, 0, "count", &count, "N", "N records a shard", LL_OPT_IDENTITY, NULL, 1, 0x1p62 },
	{ LL_OPT_INT, 0, "by-key", &by_key, "N", "N shards; a document's key alone decides which it is in",
	  LL_OPT_IDENTITY, NULL, 1, MAX_BY_KEY },
	{ 0 },
};

struct shard {
	struct ll_writer *out;
	uint64_t records, bytes;
	char *path;
};

struct split {
	const struct ll_header *header;
	struct ll_lineage *lineage; /* of the inputs, known beforehand when they are files */
	struct shard *shard;
	size_t len, cap;
	bool open; /* the last shard is being written */
	char *list; /* its name */
	const char *const *files; /* the inputs */
	size_t n_files;
};

static char *shard_path(size_t i)
{
	return ll_format("%s-%05zu.ll", prefix, i);
}

/* Shards by position get their names while inputs are still to be read. */
static void refuse_input(const struct split *s, const char *path)
{
	struct stat shard, input;
	for (size_t i = 0; !by_key && stat(path, &shard) == 0 && i < s->n_files; i++)
		if (stat(s->files[i], &input) == 0 && input.st_dev == shard.st_dev && input.st_ino == shard.st_ino) {
			ll_hint("choose another -o PREFIX");
			ll_die(LL_EXIT_USAGE, "%s: is a shard to be written and an input", path);
		}
}

static void open_shard(struct split *s)
{
	LL_GROW(s->shard, s->cap, s->len + 1);
	struct shard *shard = &s->shard[s->len];
	*shard = (struct shard){ .path = shard_path(s->len) };
	refuse_input(s, shard->path);
	shard->out = ll_writer_open(shard->path, ll_shard_header_like(s->header, NULL));
	s->len++;
	s->open = true;
}

/* Before the first shard gets its name: the list of an older split says that shards are all there which are not from now on. A shard
 * that stays as it is changes nothing of that. */
static void withdraw_list(const struct split *s, const struct shard *shard)
{
	if (ll_path_exists(s->list) && ll_common.no_clobber)
		ll_die(LL_EXIT_RESOURCE, "%s: exists, and --no-clobber was given", s->list);
	if (ll_writer_changes(shard->out))
		unlink(s->list);
}

/* PREFIX-*.ll would take it along. */
static void refuse_older_shard(size_t shards)
{
	char *path = shard_path(shards);
	if (ll_path_exists(path)) {
		ll_hint("remove the shards of the older split, or choose another -o PREFIX");
		ll_die(LL_EXIT_RESOURCE, "%s: is there, and this split has only %zu shard%s", path, shards, shards == 1 ? "" : "s");
	}
	ll_free(path);
}

static void close_shard(struct split *s, struct shard *shard, const struct ll_lineage *lineage)
{
	ll_writer_finish(shard->out, lineage);
	withdraw_list(s, shard);
	ll_writer_publish(shard->out);
	shard->out = NULL;
	s->open = false;
}

static void put(struct shard *shard, const struct ll_shard_record *r)
{
	ll_writer_put_digested(shard->out, r->data, r->len, r->digest);
	shard->records++;
	shard->bytes += r->len;
}

static void by_position(void *context, const struct ll_shard_record *r)
{
	struct split *s = context;
	if (!s->open)
		open_shard(s);
	struct shard *shard = &s->shard[s->len - 1];
	put(shard, r);
	if ((count && shard->records == (uint64_t)count) || (size && shard->bytes >= size))
		close_shard(s, shard, s->lineage);
}

static void by_hash(void *context, const struct ll_shard_record *r)
{
	struct split *s = context;
	struct ll_shard_names names;
	if (!ll_shard_names(r, &names))
		ll_die(LL_EXIT_INPUT, "%s: records of kind %s have no keys", r->file, r->header->kind);
	unsigned __int128 wide = (unsigned __int128)ll_id_high64(names.key) * (uint64_t)by_key;
	put(&s->shard[(size_t)(wide >> 64)], r);
}

/* Shards are finished while the input is still being read, but the inputs' lineage stands at their ends: it is fetched
 * first. */
static struct ll_lineage *lineage_of_files(const char *const *files, size_t n)
{
	struct ll_lineage *lineage = ll_lineage_new();
	for (size_t i = 0; i < n; i++) {
		struct ll_walk w;
		struct ll_err err;
		struct ll_end end;
		enum ll_walk_status status;
		struct stat st;
		if (strcmp(files[i], "-") == 0 || stat(files[i], &st) != 0 || !S_ISREG(st.st_mode)) {
			ll_note("%s cannot be read twice: the shards will not name the stages before", files[i]);
			ll_lineage_free(lineage);
			return NULL;
		}
		ll_walk_open(&w, files[i]);
		while ((status = ll_walk_next(&w, false, &err)) == LL_WALK_FRAME) {
			int rc = 0;
			if (w.h.type == LL_FRAME_LINEAGE)
				rc = ll_lineage_add_payload(lineage, ll_buf_str(&w.raw), &err);
			else if (w.h.type == LL_FRAME_END && (rc = ll_end_get(w.raw.data, w.raw.len, &end, &err)) == 0)
				ll_lineage_add_input(lineage, end.data_id);
			if (rc < 0)
				break;
		}
		if (status != LL_WALK_END)
			ll_die(LL_EXIT_INPUT, "%s: frame at byte %llu: %s", files[i], (unsigned long long)w.offset,
			       err.text);
		ll_walk_close(&w);
	}
	return lineage;
}

/* The list is the commit: it names every shard with its number of records, as --files-from reads it. */
static void write_list(const struct split *s)
{
	struct ll_buf text = { 0 };
	for (size_t i = 0; i < s->len; i++)
		ll_buf_printf(&text, "%s\t%llu\n", s->shard[i].path, (unsigned long long)s->shard[i].records);
	struct ll_out *out = ll_out_open(s->list, ll_out_common_flags());
	ll_out_write(out, text.data, text.len);
	ll_out_commit(out);
	ll_buf_free(&text);
}

static int run_split(int operands, char **operand)
{
	const char **files;
	struct split s = { 0 };
	if ((size > 0) + (count > 0) + (by_key > 0) != 1)
		ll_die(LL_EXIT_USAGE, "give one of --size, --count and --by-key");
	if (!prefix || strcmp(prefix, "-") == 0)
		ll_die(LL_EXIT_USAGE, "-o PREFIX is missing: shards are files");
	if (strchr(prefix, '\n'))
		ll_die(LL_EXIT_USAGE, "-o PREFIX with a line break: the list of the shards has a name a line");
	if (by_key)
		refuse_older_shard((size_t)by_key);
	s.list = ll_format("%s.list", prefix);
	size_t n = ll_input_files(operands, operand, &files, NULL);
	if (by_key)
		ll_memory_claim((uint64_t)by_key * 4 * LL_MIB, "the shards of --by-key");
	else
		s.lineage = lineage_of_files(files, n);
	s.files = files;
	s.n_files = n;
	struct ll_reader *reader = ll_reader_open(files, n, NULL);
	s.header = ll_reader_header(reader);
	if (!s.header)
		ll_die(LL_EXIT_USAGE, "no input: nothing says what kind the output is");
	for (int64_t i = 0; i < by_key; i++)
		open_shard(&s);
	struct ll_shard_scan scan = { &s, by_key ? by_hash : by_position, NULL, LL_TIMES_PASSED_ON };
	ll_shard_scan_reader(&scan, reader);
	if (by_key) {
		for (size_t i = 0; i < s.len; i++)
			ll_writer_finish(s.shard[i].out, ll_reader_lineage(reader));
		for (size_t i = 0; i < s.len; i++) {
			withdraw_list(&s, &s.shard[i]);
			ll_writer_publish(s.shard[i].out);
		}
	} else if (s.open) {
		close_shard(&s, &s.shard[s.len - 1], s.lineage);
	}
	if (s.len == 0) { /* an empty input is one empty shard */
		open_shard(&s);
		close_shard(&s, &s.shard[0], s.lineage);
	}
	refuse_older_shard(s.len);
	write_list(&s);
	ll_free(s.list);
	ll_lineage_free(s.lineage);
	ll_reader_close(reader);
	for (size_t i = 0; i < s.len; i++)
		ll_free(s.shard[i].path);
	ll_free(s.shard);
	return LL_EXIT_OK;
}

const struct ll_command ll_shard_split_command = {
	.name = "split",
	.operands = "[FILE]...",
	.summary = "cut streams into shards by size, by count or by the hash of the key",
	.options = options,
	.common = LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_COMPRESS | LL_COMMON_FILES |
		  LL_COMMON_PART | LL_COMMON_PROGRESS,
	.run = run_split,
	.examples = "ll-shard split --count=1000 -o part docs.ll\nll-shard check --files-from=part.list\n",
};
