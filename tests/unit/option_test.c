/* SPDX-License-Identifier: MIT */
/* option_test.c - option tables: words to values, the identity lines, the nearest word. Every parse runs in a child of
 * its own. */
#include "base/option.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "test.h"

static bool flag, on = true;
static const char *word, *when, *form = "one", *file;
static struct ll_strings list;
static int64_t number = 5;
static uint64_t bytes = 4096;
static double share = 0.5;

static const struct ll_option options[] = {
	{ LL_OPT_GROUP, 0, NULL, NULL, NULL, "Group", 0, NULL, 0, 0 },
	{ LL_OPT_FLAG, 'f', "flag", &flag, NULL, "a flag", LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_FLAG, 0, "on", &on, NULL, "a flag with a negative", LL_OPT_NEGATABLE | LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_STRING, 'w', "word", &word, "WORD", "a string", LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_OPTIONAL, 'c', "colour", &when, "WHEN", "an optional value", 0, "always", 0, 0 },
	{ LL_OPT_CHOICE, 0, "form", &form, "FORM", "a choice", LL_OPT_IDENTITY, "one|two|three", 0, 0 },
	{ LL_OPT_LIST, 'l', "list", &list, "ITEM", "a list", LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_INT, 'n', "number", &number, "N", "a number", LL_OPT_IDENTITY, NULL, -3, 10 },
	{ LL_OPT_SIZE, 0, "bytes", &bytes, "SIZE", "a size", LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_FLOAT, 0, "share", &share, "X", "a share", LL_OPT_IDENTITY, NULL, 0, 1 },
	{ LL_OPT_STRING, 0, "file", &file, "FILE", "a file", LL_OPT_FILE | LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_FLAG, 0, "secret", &flag, NULL, "not shown", LL_OPT_HIDDEN, NULL, 0, 0 },
	{ 0 },
};

static void fake_file_id(const char *path, char out[33])
{
	snprintf(out, 33, "id-of-%.20s", path);
}

static int run(int operands, char **operand)
{
	ll_identity_file_id = fake_file_id;
	printf("flag=%d on=%d word=%s colour=%s form=%s number=%lld bytes=%llu share=%g seed=%lld list=", flag, on,
	       word ? word : "-", when ? when : "-", form, (long long)number, (unsigned long long)bytes, share,
	       (long long)ll_common.seed);
	for (size_t i = 0; i < list.len; i++)
		printf("%s%s", i ? "," : "", list.item[i]);
	printf(" operands=");
	for (int i = 0; i < operands; i++)
		printf("%s%s", i ? "," : "", operand[i]);
	printf("\n%s", ll_identity());
	return 0;
}

static const struct ll_command commands[] = {
	{ NULL, "[FILE]...", "the default command", options, LL_COMMON_SEED | LL_COMMON_FILES | LL_COMMON_PART, run,
	  NULL },
	{ "other", "", "another command", options, 0, run, NULL },
	{ 0 },
};
static const struct ll_program program = { "test", "a test", commands, NULL };

/* Runs the program in a child; what it printed on standard output and error is left in `out`. */
static int call(const char *const *args, struct ll_buf *out)
{
	char name[] = "test", *argv[40] = { name };
	int argc = 1, status, pipes[2];
	while (args[argc - 1]) {
		argv[argc] = strdup(args[argc - 1]);
		argc++;
	}
	fflush(stdout);
	if (pipe(pipes) != 0)
		return -1;
	pid_t child = fork();
	if (child == 0) {
		dup2(pipes[1], 1);
		dup2(pipes[1], 2);
		close(pipes[0]);
		close(pipes[1]);
		exit(ll_main(&program, argc, argv));
	}
	close(pipes[1]);
	out->len = 0;
	for (ssize_t n; (n = read(pipes[0], ll_buf_reserve(out, 4096), 4096)) > 0;)
		out->len += (size_t)n;
	ll_buf_cstr(out);
	close(pipes[0]);
	while (argc-- > 1)
		free(argv[argc]);
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define ARGS(...)                                                                                                      \
	(const char *const[])                                                                                          \
	{                                                                                                              \
		__VA_ARGS__, NULL                                                                                      \
	}

static void gives(const char *const *args, const char *wanted)
{
	struct ll_buf out = { 0 };
	int status = call(args, &out);
	if (!ok(status == 0 && strstr(out.data, wanted), "%s ... gives %s", args[0] ? args[0] : "(nothing)", wanted))
		diag("got ", "%d: %s", status, out.data);
	ll_buf_free(&out);
}

static void refuses(const char *const *args, const char *wanted)
{
	struct ll_buf out = { 0 };
	int status = call(args, &out);
	if (!ok(status == LL_EXIT_USAGE && strstr(out.data, wanted) && strstr(out.data, "hint: see test"), "%s: %s",
		args[0], wanted))
		diag("got ", "%d: %s", status, out.data);
	ll_buf_free(&out);
}

static void test_values(void)
{
	gives(ARGS(NULL),
	      "flag=0 on=1 word=- colour=- form=one number=5 bytes=4096 share=0.5 seed=0 list= operands=\n");
	gives(ARGS("--flag", "--no-on"), "flag=1 on=0");
	gives(ARGS("--no-on", "--on"), "on=1");
	gives(ARGS("-f", "--word=a=b"), "flag=1 on=1 word=a=b ");
	gives(ARGS("--word", "--flag"), "flag=0 on=1 word=--flag ");
	gives(ARGS("--word="), "word= ");
	gives(ARGS("-fwx"), "flag=1 on=1 word=x ");
	gives(ARGS("-fw", "x"), "flag=1 on=1 word=x ");
	gives(ARGS("--colour"), "colour=always");
	gives(ARGS("--colour", "never"),
	      "colour=always form=one number=5 bytes=4096 share=0.5 seed=0 list= operands=never\n");
	gives(ARGS("--colour=never"), "colour=never");
	gives(ARGS("-c"), "colour=always");
	gives(ARGS("-cnever"), "colour=never");
	gives(ARGS("--form=three"), "form=three");
	gives(ARGS("--list=a", "-l", "b", "-lc"), "list=a,b,c ");
	gives(ARGS("-n-3"), "number=-3 ");
	gives(ARGS("--number=10", "--number=1"), "number=1 ");
	gives(ARGS("--bytes=64K"), "bytes=65536 ");
	gives(ARGS("--bytes=1.5M"), "bytes=1572864 ");
	gives(ARGS("--share=1e-3"), "share=0.001 ");
	gives(ARGS("--seed=-7"), "seed=-7 ");
	gives(ARGS("a", "-f", "b", "--", "-f", "--", "-"), "operands=a,b,-f,--,-\n");
	gives(ARGS("-"), "operands=-\n");
	gives(ARGS("--secret"), "flag=1");
	gives(ARGS("other", "-f"), "flag=1");
	gives(ARGS("a", "other"), "operands=a,other\n");
}

static void test_errors(void)
{
	refuses(ARGS("--flagg"), "did you mean --flag?");
	refuses(ARGS("--fla"), "did you mean --flag?");
	refuses(ARGS("--no-flag"), "unknown option --no-flag");
	refuses(ARGS("--n-on"), "did you mean --no-on?");
	refuses(ARGS("--secret1"), "unknown option --secret1\n"); /* hidden ones are not named */
	refuses(ARGS("--xyzzyplugh"), "unknown option --xyzzyplugh\n");
	refuses(ARGS("-x"), "unknown option -x\n");
	refuses(ARGS("-fx"), "unknown option -x in -fx");
	refuses(ARGS("--flag=1"), "takes no value");
	refuses(ARGS("--word"), "needs a value");
	refuses(ARGS("-w"), "needs a value");
	refuses(ARGS("--form=tow"), "did you mean two?");
	refuses(ARGS("--form="), "not one of");
	refuses(ARGS("--form=one|two"), "not one of");
	refuses(ARGS("--number=11"), "from -3 to 10");
	refuses(ARGS("--number= 1"), "not a whole number");
	refuses(ARGS("--number=1.0"), "not a whole number");
	refuses(ARGS("--share=nan"), "not a number");
	refuses(ARGS("--share=1.01"), "from 0 to 1");
	refuses(ARGS("--bytes=-1"), "not a size");
	refuses(ARGS("--part=2/1"), "I/N");
	refuses(ARGS("--threads=2"), "unknown option --threads"); /* not one of this command's */
	refuses(ARGS("other", "operand"), "unexpected operand operand");
	refuses(ARGS("othre"), "neither a file nor a command; did you mean other?");
}

static void test_identity(void)
{
	gives(ARGS("-f"), "\nbytes=4096\nflag=true\nform=one\nnumber=5\non=true\nseed=0\nshare=0.5\n");
	gives(ARGS("--file=x.ll", "-la", "-lb\nc"),
	      "\nbytes=4096\nfile=id-of-x.ll\nflag=false\nform=one\nlist=a\\nb\\nc\nnumber=5\n");
	gives(ARGS("--word=a\\b"), "\nword=a\\\\b\n");
}

static void test_nearest(void)
{
	static const char *const words[] = { "import", "export", "check", "compare" };
	ok(ll_nearest("improt", words, 4) == words[0], "improt: import");
	ok(ll_nearest("chek", words, 4) == words[2], "chek: check");
	ok(ll_nearest("compare", words, 4) == words[3], "a word itself");
	ok(ll_nearest("zzzzzzzz", words, 4) == NULL, "nothing near");
	ok(ll_nearest("xyz", words, 4) == NULL, "nothing in common is not near");
	ok(ll_nearest("", words, 4) == NULL && ll_nearest("a", words, 0) == NULL, "nothing at all");
}

int main(void)
{
	unsetenv("LL_THREADS");
	unsetenv("LL_MEMORY");
	test_values();
	test_errors();
	test_identity();
	test_nearest();
	return test_done();
}
