/* SPDX-License-Identifier: MIT */
/*
 * option.h - the option table of a program: parsing, --help, shell completion, the identity line of the lineage, and
 * the life of a program from main to exit all come from this one table. tests/ compares it with the man page.
 *
 * A program is one or more commands; each command has a table of its own options and names the common options it takes
 * (bits of enum ll_common_bits). Long options take "=VALUE" or the next word; they cannot be abbreviated. A typo is an
 * error that names the nearest valid word.
 */
#ifndef LL_OPTION_H
#define LL_OPTION_H

#include "base/base.h"

enum ll_option_type {
	LL_OPT_FLAG,	 /* dest: bool, set to true (--no-NAME sets false where LL_OPT_NEGATABLE) */
	LL_OPT_STRING,	 /* dest: const char * (borrowed from argv) */
	LL_OPT_OPTIONAL, /* dest: const char *; --name alone sets it to `fallback`, --name=V to V; never takes the next
			    word */
	LL_OPT_LIST,	 /* dest: struct ll_strings, appended */
	LL_OPT_INT,	 /* dest: int64_t, within [min, max] when min < max */
	LL_OPT_SIZE,	 /* dest: uint64_t bytes, within [min, max] when min < max */
	LL_OPT_FLOAT,	 /* dest: double, within [min, max] when min < max */
	LL_OPT_CHOICE,	 /* dest: const char *; one of `choices`, separated by '|' */
	LL_OPT_GROUP,	 /* a heading in the help; only `help` is used */
};

enum ll_option_flags {
	LL_OPT_IDENTITY = 1, /* decides the output: enters the header and lineage with its value in force */
	LL_OPT_FILE = 2, /* names a file; as identity it enters as that file's content id (see ll_identity_file_id) */
	LL_OPT_NEGATABLE = 4, /* FLAG with a --no- form */
	LL_OPT_HIDDEN = 8,    /* for tests: not in --help and completion */
	LL_OPT_OUTPUT = 16,   /* STRING, OPTIONAL: names a file that is written: no other output, nor, but for -o, an operand */
	LL_OPT_REMADE = 32,   /* of a FILE: an output may take its place, being the same thing made anew; else none may */
};

struct ll_strings {
	const char **item;
	size_t len, cap;
};

struct ll_option {
	enum ll_option_type type;
	char letter;	  /* 'o', or 0 */
	const char *name; /* "output" */
	void *dest;
	const char *value; /* placeholder in the help: "FILE" */
	const char *help;  /* one line, lower case, no full stop */
	unsigned flags;
	const char *choices; /* CHOICE: "a|b|c"; OPTIONAL: the fallback */
	double min, max;
};

/* Common options, spelled the same everywhere (lltools.7). A command lists the bits it takes. */
enum ll_common_bits {
	LL_COMMON_OUTPUT = 1 << 0,   /* -o, --output=FILE, --no-clobber, --if-changed */
	LL_COMMON_THREADS = 1 << 1,  /* -@, --threads=N */
	LL_COMMON_MEMORY = 1 << 2,   /* --memory=SIZE, --tmpdir=DIR */
	LL_COMMON_SEED = 1 << 3,     /* --seed=N (identity) */
	LL_COMMON_COMPRESS = 1 << 4, /* --compress=auto|none|zstd[:LEVEL] */
	LL_COMMON_FILES = 1 << 5,    /* --files-from=LIST */
	LL_COMMON_PART = 1 << 6,     /* --part=I/N */
	LL_COMMON_STATS = 1 << 7,    /* --stats=FILE */
	LL_COMMON_REJECTS = 1 << 8,  /* --rejects=FILE, --max-rejects=SHARE */
	LL_COMMON_PROGRESS = 1 << 9, /* --progress=auto|never|always */
	/* always: -q, -v, -h/--help, -V/--version, -- */
	LL_COMMON_FILTER = LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_COMPRESS |
			   LL_COMMON_FILES | LL_COMMON_PART | LL_COMMON_STATS | LL_COMMON_REJECTS | LL_COMMON_PROGRESS,
};

/* Their values, one set a process. */
struct ll_common {
	const char *output; /* "-" by default */
	bool no_clobber, if_changed;
	int64_t threads;	/* LL_THREADS, else 1 (models: command sets its default before parsing) */
	uint64_t memory;	/* LL_MEMORY, else 1 GiB */
	const char *tmpdir;	/* LL_TMPDIR, else TMPDIR, else /tmp */
	int64_t seed;		/* 0 */
	const char *compress;	/* "auto" */
	const char *files_from; /* NULL */
	uint64_t part, parts;	/* --part=I/N: I in 1..N; 1/1 by default */
	const char *stats;	/* NULL */
	const char *rejects;	/* NULL */
	double max_rejects;	/* share of input, 1 = no limit */
	const char *progress;	/* "auto" */
	bool quiet, verbose;
};
extern struct ll_common ll_common;

struct ll_command {
	const char *name;		 /* "import"; NULL for the only command or the default one */
	const char *operands;		 /* "[FILE]..." */
	const char *summary;		 /* one line */
	const struct ll_option *options; /* ends with a zeroed entry whose name is NULL and type is not GROUP */
	unsigned common;
	int (*run)(int operands, char **operand); /* returns an exit status */
	const char *examples;			  /* lines shown under "Examples:", or NULL */
};

struct ll_program {
	const char *name;		   /* "ll-shard" */
	const char *summary;		   /* one line */
	const struct ll_command *commands; /* ends with run == NULL; the first one with name == NULL is the default */
	const char *features;		   /* for --version: "zlib 1.2.13, ..." or NULL */
};

/* The whole life of a program: opens missing standard descriptors, installs signals, finds the command, parses, runs,
 * checks standard output, prints the summary line, and exits by the contract of error.h. Returns the exit status. */
int ll_main(const struct ll_program *program, int argc, char **argv);

/* --files-from, then operands; "-" when there are none. With --part=I/N, every file whose position is I-1 mod N. Lists
 * are one path a line; an optional tab and a number is an expected record count (`expected` may be NULL; UINT64_MAX =
 * none). The result lives as long as the process. */
size_t ll_input_files(int operands, char **operand, const char ***files, uint64_t **expected);
/* What the list says of files[i], where `files` is that result or a part of it; UINT64_MAX when it says nothing. Readers of
 * streams check it at the end of every file. */
uint64_t ll_input_expected(const char *const *files, size_t i);

/* "NAME=VALUE" lines of all identity options of the running command with their values in force, sorted by name, one a
 * line. Owned by option.c, valid until the next call. */
const char *ll_identity(void);
/* What the library was compiled with, as far as it can change the bits of numbers. */
const char *ll_build_flags(void);

/* The running program and command ("ll-shard pack"). */
const char *ll_identity_program(void);
/* How an identity option that names a file gets its value: a function from stream/ that returns the file's content id
 * as hexadecimal into out (the data id of a container, else XXH3-128 of its bytes). Set by
 * ll_header_new. */
extern void (*ll_identity_file_id)(const char *path, char out[33]);
/* Overrides the value an identity option enters with (a resolved default, say). Copies. */
void ll_identity_set(const char *name, const char *value);

/* Levenshtein's nearest word within distance 3 among `n` words, or NULL. */
const char *ll_nearest(const char *word, const char *const *words, size_t n);

#endif
