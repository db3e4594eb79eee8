/* SPDX-License-Identifier: MIT */
/* program.c - the life of a program, from main to the exit status. */
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/option_table.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A closed standard descriptor would be taken by the first file opened. It is filled such that its use still fails. */
static void open_missing_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(LL_EXIT_RESOURCE);
}

void ll_check_stdout(void)
{
	bool failed = fflush(stdout) != 0;
	if (failed && errno == EPIPE)
		ll_die_pipe();
	if (failed)
		ll_die_errno(LL_EXIT_RESOURCE, "standard output");
	if (ferror(stdout))
		ll_die(LL_EXIT_RESOURCE, "standard output: an earlier write failed");
}

void ll_print_and_end(struct ll_buf *text)
{
	fwrite(text->data, 1, text->len, stdout);
	ll_check_stdout();
	exit(ll_finish(LL_EXIT_OK));
}

static void LL_NORETURN no_such_command(const struct ll_program *p, const char *word)
{
	const char *words[64];
	size_t n = 0;
	for (const struct ll_command *c = p->commands; c->run && n < LL_COUNT(words); c++)
		words[n++] = c->name;
	const char *near = ll_nearest(word, words, n);
	const char *what = word[0] == '-' ? "a command comes first, not" : "unknown command";
	if (near)
		ll_usage_error("%s %s; did you mean %s?", what, word, near);
	ll_usage_error("%s %s", what, word);
}

/* With a default command the first word may be a file; one that is not there but looks like a command is a typo. */
static void check_first_word(const struct ll_program *p, const char *word)
{
	const char *words[64];
	size_t n = 0;
	for (const struct ll_command *c = p->commands; c->run && n < LL_COUNT(words); c++)
		if (c->name)
			words[n++] = c->name;
	const char *near = word[0] != '-' && !strchr(word, '/') ? ll_nearest(word, words, n) : NULL;
	if (near && access(word, F_OK) != 0)
		ll_usage_error("%s is neither a file nor a command; did you mean %s?", word, near);
}

/* --help and the like before any command, where there is no default command. */
static void program_option(const struct ll_program *p, const char *word)
{
	struct ll_buf text = { 0 };
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
		ll_help_program(&text, p);
	else if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		ll_version_text(&text, p);
	else if (strcmp(word, "--list-options") == 0)
		ll_list_options(&text, p, NULL);
	else if (strcmp(word, "--completion=bash") == 0)
		ll_completion_bash(&text, p);
	else
		return;
	ll_print_and_end(&text);
}

/* Finds the command and says where its words begin. */
static const struct ll_command *find_command(const struct ll_program *p, int argc, char **argv, int *first)
{
	const struct ll_command *c = argc > 1 ? ll_command_named(p, argv[1]) : NULL;
	*first = c ? 2 : 1;
	if (c)
		return c;
	if ((c = ll_command_default(p))) {
		if (argc > 1)
			check_first_word(p, argv[1]);
		return c;
	}
	if (argc < 2)
		ll_usage_error("a command is missing");
	program_option(p, argv[1]);
	no_such_command(p, argv[1]);
}

struct outputs {
	const char *option[8], *name[8];
	size_t len;
};

/* Two outputs of one name: the last one to be published would be all that is left. */
static void check_output(struct outputs *all, const char *option, const char *name)
{
	if (!name || strncmp(name, "/dev/", 5) == 0)
		return;
	for (size_t i = 0; i < all->len; i++)
		if (strcmp(all->name[i], name) == 0)
			ll_usage_error("--%s and --%s are both %s", all->option[i], option, strcmp(name, "-") == 0 ? "standard output" : name);
	LL_ASSERT(all->len < LL_COUNT(all->name));
	all->option[all->len] = option;
	all->name[all->len++] = name;
}

static bool is_one_file(const char *a, const char *b)
{
	struct stat x, y;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* A tokenizer, say, would be gone for what was made with it. */
static void check_read(const struct ll_command *c, const char *option, const char *name)
{
	const struct ll_option *o;
	if (!name || strcmp(name, "-") == 0)
		return;
	for (size_t pos = 0; (o = ll_option_next(c, &pos, NULL));) {
		bool list = o->type == LL_OPT_LIST;
		if (!(o->flags & LL_OPT_FILE) || (o->flags & (LL_OPT_OUTPUT | LL_OPT_REMADE)) || (!list && o->type != LL_OPT_STRING))
			continue;
		const struct ll_strings *all = o->dest;
		for (size_t i = 0; i < (list ? all->len : 1); i++) {
			const char *read = list ? all->item[i] : *(const char *const *)o->dest;
			if (read && is_one_file(name, read))
				ll_usage_error("--%s=%s is what --%s reads", option, name, o->name);
		}
	}
}

/* The output is made of the input and may take its place; what is written beside it would leave neither. */
static void check_operands(const struct ll_option *o, const char *name, int operands, char **operand)
{
	if (!name || o->letter == 'o')
		return;
	for (int i = 0; i < operands; i++)
		if (is_one_file(name, operand[i]))
			ll_usage_error("--%s=%s is an input", o->name, name);
}

static void check_outputs(const struct ll_command *c, int operands, char **operand)
{
	struct outputs all = { 0 };
	const struct ll_option *o;

	for (size_t pos = 0; (o = ll_option_next(c, &pos, NULL));)
		if (o->flags & LL_OPT_OUTPUT) {
			const char *name = *(const char *const *)o->dest;
			check_output(&all, o->name, name);
			check_read(c, o->name, name);
			check_operands(o, name, operands, operand);
		}
}

int ll_main(const struct ll_program *program, int argc, char **argv)
{
	open_missing_descriptors();
	ll_set_program(program->name);
	ll_signals_install();
	ll_memory_tune();
	ll_running.program = program;
	int first;
	const struct ll_command *c = find_command(program, argc, argv, &first);
	ll_running.command = c;
	ll_running.name = c->name ? ll_format("%s %s", program->name, c->name) : ll_strdup(program->name);
	ll_set_program(ll_running.name);
	ll_option_environment();
	int operands = ll_option_parse(c, argc, argv, first);
	if (operands > 0 && !(c->operands && *c->operands))
		ll_usage_error("unexpected operand %s", argv[first]);
	check_outputs(c, operands, argv + first);
	ll_set_quiet(ll_common.quiet);
	ll_threads_set((int)ll_common.threads);
	ll_common.threads = ll_threads();
	ll_memory_set_budget(ll_common.memory);
	ll_progress_start(ll_common.progress, "documents");
	int status = c->run(operands, argv + first);
	ll_check_stdout();
	ll_progress_finish(status == LL_EXIT_OK || status == LL_EXIT_NEGATIVE);
	return ll_finish(status);
}
