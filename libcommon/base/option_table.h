/* SPDX-License-Identifier: MIT */
/*
 * option_table.h - what the files behind option.h share (table, parser, help, completion, identity, program); for the
 * inside of base/ only.
 */
#ifndef LL_OPTION_TABLE_H
#define LL_OPTION_TABLE_H

#include "base/buffer.h"
#include "base/option.h"

/* The running program: set by ll_main before anything is parsed. */
struct ll_running {
	const struct ll_program *program;
	const struct ll_command *command;
	char *name; /* "ll-shard import" */
};
extern struct ll_running ll_running;

/* Walks the options of a command, own ones first, then the common ones it takes; *pos starts at 0. An own option hides
 * the common one of its name. *own says which it is; `own` may be NULL. NULL at the end. Headings come along. */
const struct ll_option *ll_option_next(const struct ll_command *c, size_t *pos, bool *own);
/* By long name (len bytes) or by letter; NULL when there is none. */
const struct ll_option *ll_option_named(const struct ll_command *c, const char *name, size_t len);
const struct ll_option *ll_option_lettered(const struct ll_command *c, char letter);
/* What stands behind the name in help and man page: "", "=FILE", "[=WHEN]". */
void ll_option_put_value(struct ll_buf *out, const struct ll_option *o);
/* The command of that name, or NULL. */
const struct ll_command *ll_command_named(const struct ll_program *p, const char *name);
const struct ll_command *ll_command_default(const struct ll_program *p);

/* LL_THREADS, LL_MEMORY, LL_TMPDIR. */
void ll_option_environment(void);
/* Parses argv[first ..) into the tables' destinations, and moves the operands to the front of argv[first ..); returns
 * their number. --help and --version print and end the program. */
int ll_option_parse(const struct ll_command *c, int argc, char **argv, int first);

/* Text for standard output. */
void ll_help_command(struct ll_buf *out, const struct ll_program *p, const struct ll_command *c);
void ll_help_program(struct ll_buf *out, const struct ll_program *p);
void ll_version_text(struct ll_buf *out, const struct ll_program *p);
/* --list-options: one a line, "own|common TAB -o|- TAB --name TAB value placeholder"; "command TAB name" for commands.
 */
void ll_list_options(struct ll_buf *out, const struct ll_program *p, const struct ll_command *c);
/* A completion script for bash. */
void ll_completion_bash(struct ll_buf *out, const struct ll_program *p);

/* Prints the text to standard output, checks that it arrived, ends the program with status 0 (or 4). */
void ll_print_and_end(struct ll_buf *text) __attribute__((noreturn));
/* Flushes standard output; status 4 (or death by SIGPIPE) when something printed did not arrive. */
void ll_check_stdout(void);
/* Ends with status 2 and a hint to --help. */
void ll_usage_error(const char *format, ...) LL_PRINTF(1, 2) __attribute__((noreturn));

#endif
