/* SPDX-License-Identifier: MIT */
/* option_table.c - the common options and look-ups in the tables. */
#include "base/option_table.h"

#include "base/memory.h"

struct ll_common ll_common = {
	.output = "-",
	.threads = 1,
	.memory = (uint64_t)1 << 30,
	.compress = "auto",
	.part = 1,
	.parts = 1,
	.max_rejects = 1,
	.progress = "auto",
};

struct ll_running ll_running;

#define ALWAYS (~0u)

static const struct {
	unsigned bits;
	struct ll_option option;
} common_options[] = {
	{ LL_COMMON_OUTPUT,
	  { LL_OPT_STRING, 'o', "output", &ll_common.output, "FILE",
	    "write to FILE, atomically; - is standard output (default)", LL_OPT_FILE | LL_OPT_OUTPUT, NULL, 0, 0 } },
	{ LL_COMMON_OUTPUT,
	  { LL_OPT_FLAG, 0, "no-clobber", &ll_common.no_clobber, NULL, "fail rather than replace an existing output", 0,
	    NULL, 0, 0 } },
	{ LL_COMMON_OUTPUT,
	  { LL_OPT_FLAG, 0, "if-changed", &ll_common.if_changed, NULL,
	    "leave an existing output of the same data id untouched (for make)", 0, NULL, 0, 0 } },
	{ LL_COMMON_THREADS,
	  { LL_OPT_INT, '@', "threads", &ll_common.threads, "N",
	    "use N threads; 0: all this process may use (LL_THREADS)", 0, NULL, 0, 4096 } },
	{ LL_COMMON_MEMORY,
	  { LL_OPT_SIZE, 0, "memory", &ll_common.memory, "SIZE",
	    "keep heap and stacks under SIZE, as 512M or 4G (LL_MEMORY)", 0, NULL, 1 << 20, 0x1p62 } },
	{ LL_COMMON_MEMORY,
	  { LL_OPT_STRING, 0, "tmpdir", &ll_common.tmpdir, "DIR",
	    "put what does not fit in memory into DIR (LL_TMPDIR)", LL_OPT_FILE, NULL, 0, 0 } },
	{ LL_COMMON_SEED,
	  { LL_OPT_INT, 0, "seed", &ll_common.seed, "N", "seed of everything random (default 0)", LL_OPT_IDENTITY, NULL,
	    0, 0 } },
	{ LL_COMMON_COMPRESS,
	  { LL_OPT_STRING, 0, "compress", &ll_common.compress, "CODEC",
	    "auto, none or zstd[:LEVEL]; auto: zstd into a file, none otherwise", 0, "auto|none|zstd", 0, 0 } },
	{ LL_COMMON_FILES,
	  { LL_OPT_STRING, 0, "files-from", &ll_common.files_from, "LIST",
	    "read input names from LIST, one a line, a tab and a record count after each if known", LL_OPT_FILE, NULL,
	    0, 0 } },
	{ LL_COMMON_PART,
	  { LL_OPT_STRING, 0, "part", NULL, "I/N", "take every N-th input file, beginning with the I-th", 0, NULL, 0,
	    0 } },
	{ LL_COMMON_STATS,
	  { LL_OPT_STRING, 0, "stats", &ll_common.stats, "FILE",
	    "write what went in, out and away, and why, as JSON to FILE", LL_OPT_FILE | LL_OPT_OUTPUT, NULL, 0, 0 } },
	{ LL_COMMON_REJECTS,
	  { LL_OPT_STRING, 0, "rejects", &ll_common.rejects, "FILE",
	    "keep what is dropped in FILE with its reason, and carry on at malformed input", LL_OPT_FILE | LL_OPT_OUTPUT,
	    NULL, 0, 0 } },
	{ LL_COMMON_REJECTS,
	  { LL_OPT_FLOAT, 0, "max-rejects", &ll_common.max_rejects, "SHARE",
	    "fail when more than this share of the input is malformed (default 1: no limit)", 0, NULL, 0, 1 } },
	{ LL_COMMON_PROGRESS,
	  { LL_OPT_CHOICE, 0, "progress", &ll_common.progress, "WHEN", "progress line: auto, never or always", 0,
	    "auto|never|always", 0, 0 } },
	{ ALWAYS,
	  { LL_OPT_FLAG, 'q', "quiet", &ll_common.quiet, NULL, "no progress and no summary; warnings stay", 0, NULL, 0,
	    0 } },
	{ ALWAYS, { LL_OPT_FLAG, 'v', "verbose", &ll_common.verbose, NULL, "say more", 0, NULL, 0, 0 } },
	{ ALWAYS, { LL_OPT_FLAG, 'h', "help", NULL, NULL, "print this help", 0, NULL, 0, 0 } },
	{ ALWAYS,
	  { LL_OPT_FLAG, 'V', "version", NULL, NULL, "print version, features, libraries and formats", 0, NULL, 0,
	    0 } },
	{ ALWAYS, { LL_OPT_FLAG, 0, "list-options", NULL, NULL, "print the option table", LL_OPT_HIDDEN, NULL, 0, 0 } },
	{ ALWAYS,
	  { LL_OPT_STRING, 0, "completion", NULL, "SHELL", "print a completion script", LL_OPT_HIDDEN, "bash", 0, 0 } },
};

static bool ends_table(const struct ll_option *o)
{
	return !o->name && o->type != LL_OPT_GROUP;
}

static size_t own_count(const struct ll_command *c)
{
	size_t n = 0;
	while (c->options && !ends_table(&c->options[n]))
		n++;
	return n;
}

static bool hidden_by_own(const struct ll_command *c, const char *name)
{
	for (size_t i = 0, n = own_count(c); i < n; i++)
		if (c->options[i].name && strcmp(c->options[i].name, name) == 0)
			return true;
	return false;
}

const struct ll_option *ll_option_next(const struct ll_command *c, size_t *pos, bool *own)
{
	size_t n = own_count(c);
	if (*pos < n) {
		if (own)
			*own = true;
		return &c->options[(*pos)++];
	}
	while (*pos - n < LL_COUNT(common_options)) {
		size_t i = (*pos)++ - n;
		const struct ll_option *o = &common_options[i].option;
		if ((common_options[i].bits != ALWAYS && !(common_options[i].bits & c->common)) ||
		    hidden_by_own(c, o->name))
			continue;
		if (own)
			*own = false;
		return o;
	}
	return NULL;
}

const struct ll_option *ll_option_named(const struct ll_command *c, const char *name, size_t len)
{
	const struct ll_option *o;
	for (size_t pos = 0; (o = ll_option_next(c, &pos, NULL));)
		if (o->name && strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

const struct ll_option *ll_option_lettered(const struct ll_command *c, char letter)
{
	const struct ll_option *o;
	for (size_t pos = 0; letter && (o = ll_option_next(c, &pos, NULL));)
		if (o->type != LL_OPT_GROUP && o->letter == letter)
			return o;
	return NULL;
}

void ll_option_put_value(struct ll_buf *out, const struct ll_option *o)
{
	const char *value = o->value ? o->value : "VALUE";
	if (o->type == LL_OPT_OPTIONAL)
		ll_buf_printf(out, "[=%s]", value);
	else if (o->type != LL_OPT_FLAG && o->type != LL_OPT_GROUP)
		ll_buf_printf(out, "=%s", value);
}

const struct ll_command *ll_command_named(const struct ll_program *p, const char *name)
{
	for (const struct ll_command *c = p->commands; c->run; c++)
		if (c->name && strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

const struct ll_command *ll_command_default(const struct ll_program *p)
{
	for (const struct ll_command *c = p->commands; c->run; c++)
		if (!c->name)
			return c;
	return NULL;
}

/* ---- the nearest word ---- */

static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	size_t row[80];
	if (n >= LL_COUNT(row) || m >= LL_COUNT(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			row[j] = LL_MIN(change, LL_MIN(row[j], row[j - 1]) + 1);
		}
	}
	return row[m];
}

const char *ll_nearest(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	size_t best_distance = 4;
	for (size_t i = 0; i < n; i++) {
		size_t d = distance(word, words[i]);
		if (d < best_distance && d < LL_MAX(strlen(word), strlen(words[i]))) { /* sharing nothing is not near */
			best_distance = d;
			best = words[i];
		}
	}
	return best;
}
