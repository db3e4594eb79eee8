/* SPDX-License-Identifier: MIT */
/* train_rerun.c - ll-train rerun: the commands that repeat a run, and whether they give its log here. */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"
#include "ll-train/train_environment.h"
#include "ll-train/train_journal.h"

static const char *output;

const struct ll_option ll_train_rerun_options[] = {
	{ LL_OPT_STRING, 'o', "output", &output, "RUN2", "the folder the commands write (default: RUN-again)", LL_OPT_OUTPUT, NULL, 0, 0 },
	{ 0 },
};

/* As one word of the shell. */
static void put_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=:@%+,-";
	if (*word && strspn(word, plain) == strlen(word)) {
		fputs(word, stdout);
		return;
	}
	putchar('\'');
	for (const char *p = word; *p; p++)
		if (*p == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*p);
	putchar('\'');
}

static void put_option(const char *name, const char *directory, const char *file)
{
	char *path = file ? ll_path_join(directory, file) : ll_strdup(directory), *word = ll_format("%s%s", name, path);
	fputs(" \\\n  ", stdout);
	put_word(word);
	ll_free(word);
	ll_free(path);
}

/* From the root, without a slash at the end; "." and ".." by their names. */
static char *whole(const char *path)
{
	char here[4096];
	if (*path != '/' && !getcwd(here, sizeof(here)))
		ll_die_errno(LL_EXIT_RESOURCE, "the working directory is not known");
	char *all = *path == '/' ? ll_strdup(path) : ll_path_join(here, path);
	for (size_t len = strlen(all); len > 1 && all[len - 1] == '/';)
		all[--len] = '\0';
	const char *last = ll_path_base(all);
	char *named = strcmp(last, ".") == 0 || strcmp(last, "..") == 0 ? realpath(all, NULL) : NULL;
	if (named) {
		ll_free(all);
		all = ll_strdup(named);
		free(named);
	}
	return all;
}

/* Whether LL_CPU makes this processor what the run had. */
static bool can_lower(const char *cpu)
{
	for (int c = 0; c < (int)ll_cpu(); c++)
		if (cpu && strcmp(ll_cpu_name((enum ll_cpu)c), cpu) == 0)
			return true;
	return false;
}

/* What changes bits and is not what it was: said, and counted. */
static int compare(const struct ll_train_environment *e, const struct ll_train_data *d)
{
	struct ll_train_trait trait[LL_TRAIN_TRAITS];
	bool lower = can_lower(ll_train_environment_get(e, "cpu"));
	int n = 0;
	ll_train_traits(d, trait);
	for (size_t i = 0; i < LL_COUNT(trait); i++) {
		const char *old = ll_train_environment_get(e, trait[i].name), *now = trait[i].value ? trait[i].value : "none";
		if (!old || strcmp(old, now) == 0)
			continue;
		if (lower && (strcmp(trait[i].name, "cpu") == 0 || strcmp(trait[i].name, "kernels") == 0))
			continue;
		printf("# here %s is %s, for the run it was %s: the log will differ\n", trait[i].name, now, old);
		n++;
	}
	char *drifts = ll_train_environment_drifts(e);
	for (char *at = drifts, *line; (line = strsep(&at, "\n"));)
		if (*line) {
			printf("# what the run was computed with changed on its way: %s\n", line);
			n++;
		}
	ll_free(drifts);
	return n;
}

static void enter(const char *directory)
{
	char here[4096];
	if (!directory || (getcwd(here, sizeof(here)) && strcmp(here, directory) == 0))
		return;
	if (chdir(directory) < 0)
		ll_die_errno(LL_EXIT_INPUT, "%s: the run was started there", directory);
	fputs("cd ", stdout);
	put_word(directory);
	putchar('\n');
}

static void put_command(const char *run, const char *to, const struct ll_train_environment *e, bool decided)
{
	const char *cpu = ll_train_environment_get(e, "cpu");
	if (can_lower(cpu))
		printf("LL_CPU=%s ", cpu);
	fputs("ll-train", stdout);
	put_option("--config=", run, "config.conf");
	if (decided)
		put_option("--replay-journal=", run, "journal.jsonl");
	put_option("--output=", to, NULL);
	putchar('\n');
}

int ll_train_rerun(int operands, char **operand)
{
	struct ll_train_settings s;
	struct ll_train_data d;
	if (operands != 1)
		ll_die(LL_EXIT_USAGE, "one operand is asked for: the folder of the run");
	char *run = whole(operand[0]), *config = ll_path_join(run, "config.conf");
	char *again = ll_format("%s-again", run), *to = whole(output ? output : again);
	if (!ll_path_exists(config))
		ll_die(LL_EXIT_INPUT, "%s: no run: %s is missing", operand[0], config);
	struct ll_train_environment *e = ll_train_environment_read(run);
	if (!e)
		ll_die(LL_EXIT_INPUT, "%s: environment.json is missing", operand[0]);
	struct ll_buf journal = ll_train_journal_read(run);
	enter(ll_train_environment_get(e, "directory"));
	ll_train_settings_read(&s, config);
	ll_train_data_open(&d, &s);
	int differences = compare(e, &d);
	put_command(run, to, e, journal.len > 0);
	ll_train_data_close(&d);
	ll_train_environment_free(e);
	ll_buf_free(&journal);
	ll_free(run);
	ll_free(config);
	ll_free(again);
	ll_free(to);
	return differences ? LL_EXIT_NEGATIVE : LL_EXIT_OK;
}
