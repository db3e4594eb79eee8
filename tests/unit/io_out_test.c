/* SPDX-License-Identifier: MIT */
/* Outputs: nothing partial under a final name, whatever happens; what is written through is written through. */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "base/memory.h"
#include "child.h"
#include "io/file.h"

static bool holds(const char *path, const char *want)
{
	struct ll_buf b = ll_read_file(path, LL_GIB);
	bool same = ll_str_is(ll_buf_str(&b), want);

	ll_buf_free(&b);
	return same;
}

/* Anything in the directory that a final name does not explain: left-over temporary files. */
static bool no_leftovers(void)
{
	return sh("ls -A | grep -q 'tmp-'") == 1;
}

static void put(const char *path, unsigned flags, const char *text)
{
	struct ll_out *o = ll_out_open(path, flags);

	ll_out_write(o, text, strlen(text));
	ll_out_commit(o);
}

static void write_much(void *path)
{
	struct ll_out *o = ll_out_open(path, 0);
	char block[5000];

	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 2000; i++)
		ll_out_write(o, block, sizeof(block));
	ll_out_commit(o);
}

static void write_limited(void *path)
{
	struct rlimit limit = { 100000, 100000 };

	setrlimit(RLIMIT_FSIZE, &limit);
	write_much(path);
}

static void no_clobber_late(void *path)
{
	struct ll_out *o = ll_out_open(path, LL_OUT_NO_CLOBBER);

	ll_write_file(path, "other", 5);
	ll_out_write(o, "mine", 4);
	ll_out_commit(o);
}

static void no_clobber(void *path)
{
	put(path, LL_OUT_NO_CLOBBER, "mine");
}

static void die_amid(void *path)
{
	struct ll_out *o = ll_out_open(path, 0);

	ll_out_write(o, "half", 4);
	ll_out_flush(o);
	ll_die(LL_EXIT_INPUT, "bad");
}

static void terminate_amid(void *signal_number)
{
	struct ll_out *o = ll_out_open("killed", 0);

	ll_out_write(o, "half", 4);
	ll_out_sync(o);
	raise(*(int *)signal_number);
	pause();
}

static void write_stdout(void *text)
{
	put("-", 0, text);
}

static struct ll_out *emergency_out;

static void emergency_hook(void *context, int status)
{
	(void)status;
	ll_out_emergency(emergency_out, context, strlen(context));
}

static void emergency(void *path)
{
	emergency_out = ll_out_open(path, 0);
	ll_out_write(emergency_out, "before ", 7);
	ll_exit_hook_add(emergency_hook, (void *)(uintptr_t) "END");
	ll_die(LL_EXIT_INPUT, "bad");
}

/* Dies while another process holds the reading end of a full pipe and reads nothing. */
static void emergency_full_pipe(void *unused)
{
	int p[2];
	char path[32];
	static char block[4096];

	(void)unused;
	LL_ASSERT(pipe(p) == 0);
	ll_widen_pipe(p[1]); /* as ll_out_open will */
	fcntl(p[1], F_SETFL, O_NONBLOCK);
	while (write(p[1], block, sizeof(block)) > 0)
		;
	fcntl(p[1], F_SETFL, 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", p[1]);
	alarm(20);
	emergency(path);
}

static void read_shrunk_map(void *path)
{
	struct ll_map m = ll_map_open(path);
	unsigned sum = 0;

	LL_ASSERT(truncate(path, 100) == 0);
	for (size_t i = 0; i < m.len; i++)
		sum += ((const volatile unsigned char *)m.data)[i];
	_exit((int)(sum & 1));
}

static void kill_at_random(void)
{
	size_t partial = 0, old = 0, new = 0;
	char big[] = "killed-out";

	put(big, 0, "old");
	for (int i = 0; i < 40; i++) {
		struct stat st;
		pid_t pid = fork();
		if (pid == 0) {
			write_much(big);
			_exit(0);
		}
		usleep((useconds_t)(i * 300));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		LL_ASSERT(stat(big, &st) == 0);
		old += st.st_size == 3;
		new += st.st_size == 2000 * 5000;
		partial += st.st_size != 3 && st.st_size != 2000 * 5000;
		put(big, 0, "old");
	}
	ok(partial == 0, "kill -9 at 40 moments leaves the old file (%zu) or the new one (%zu)", old, new);
	sh("rm -f .killed-out.tmp-*");
}

static void links_and_devices(void)
{
	struct stat st;

	LL_ASSERT(symlink("linked-target", "link") == 0);
	put("link", 0, "through a dangling link");
	ok(lstat("link", &st) == 0 && S_ISLNK(st.st_mode) && holds("linked-target", "through a dangling link"),
	   "a dangling link is followed");
	LL_ASSERT(mkdir("sub", 0777) == 0 && symlink("sub/deeper", "link2") == 0 &&
		  symlink("../elsewhere", "sub/deeper") == 0);
	put("link2", 0, "deep");
	ok(holds("elsewhere", "deep"), "links are followed from where they are");
	LL_ASSERT(symlink("loop2", "loop1") == 0 && symlink("loop1", "loop2") == 0);
	ok(in_child(no_clobber, (void *)(uintptr_t) "loop1") == 4, "a loop of links is an error");
	ok(mkfifo("fifo", 0600) == 0 && sh("cat fifo > from-fifo &") == 0, "a FIFO");
	put("fifo", 0, "through a FIFO");
	for (int i = 0; i < 100 && (stat("from-fifo", &st) < 0 || st.st_size < 14); i++)
		usleep(10000);
	ok(holds("from-fifo", "through a FIFO") && lstat("fifo", &st) == 0 && S_ISFIFO(st.st_mode),
	   "is written through");
	ok(in_child(write_much, (void *)(uintptr_t) "/dev/full") == 4 && strstr(child_said, "/dev/full: cannot write"),
	   "/dev/full is status 4");
	put("/dev/null", 0, "nothing");
	ok(lstat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode), "/dev/null stays a device");
	int fd = open("by-number", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char path[32];
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	put(path, 0, "by number");
	ok(holds("by-number", "by number"), "/dev/fd/N is written through, to a file as well");
	close(fd);
	ok(in_child(no_clobber, (void *)(uintptr_t) "sub") == 4, "a directory is refused");
	ok(in_child(no_clobber, (void *)(uintptr_t) "sub/no/such") == 4 &&
		   strstr(child_said, "sub/no/such: cannot create"),
	   "no such directory");
}

static void modes(void)
{
	struct stat st;
	mode_t old = umask(027);

	put("masked", 0, "x");
	ok(stat("masked", &st) == 0 && (st.st_mode & 0777) == 0640, "mode 0666 less umask 027");
	umask(old);
	put("wide", 0, "x");
	ok(stat("wide", &st) == 0 && (st.st_mode & 0777) == (0666 & ~old), "mode 0666 less the umask");
	char name[300];
	memset(name, 'n', 255);
	name[255] = '\0';
	put(name, 0, "long");
	ok(holds(name, "long"), "a name of 255 bytes");
}

static void many_outputs(void)
{
	struct ll_out *a = ll_out_open("main", 0), *b = ll_out_open("side", 0);

	ll_out_printf(a, "%s %d", "main", 1);
	ll_out_printf(b, "%01000d", 7);
	ll_out_sync(a);
	ll_out_sync(b);
	ok(!ll_path_exists("main") && !ll_path_exists("side") && holds(ll_out_temp_path(a), "main 1"),
	   "synced is not published");
	ok(ll_out_offset(b) == 1000, "the offset counts what was printed");
	ll_out_commit(b);
	ll_out_commit(a);
	ok(holds("main", "main 1") && ll_path_exists("side"), "committed is");
	a = ll_out_open("main", 0);
	ll_out_write(a, "new", 3);
	ll_out_abandon(a);
	ok(holds("main", "main 1") && no_leftovers(), "abandoned leaves the old");
	b = ll_out_open("main", 0);
	struct ll_buf in = ll_read_file("main", 100);
	ll_out_write(b, in.data, in.len);
	ll_out_write(b, "+", 1);
	ll_out_commit(b);
	ok(holds("main", "main 1+"), "input and output may be one file");
	ll_buf_free(&in);
}

static void check(void *path)
{
	ll_out_check(path, LL_OUT_NO_CLOBBER);
}

/* Whether an output could be opened, asked before the work. */
static void checked_before(void)
{
	ok(in_child(check, (void *)(uintptr_t) "new") == 0 && !ll_path_exists("new") && no_leftovers(), "a check leaves nothing");
	ok(in_child(check, (void *)(uintptr_t) "first") == 4 && holds("first", "second"), "an output that is there");
	ok(in_child(check, (void *)(uintptr_t) "sub/no/such") == 4 && in_child(check, (void *)(uintptr_t) ".") == 4,
	   "no such folder, a folder");
	ok(sh("mkfifo fifo2") == 0 && in_child(check, (void *)(uintptr_t) "fifo2") == 0, "a FIFO that nobody reads yet");
	ok(in_child(check, (void *)(uintptr_t) "-") == 0 && in_child(check, (void *)(uintptr_t) "/dev/fd/1") == 0,
	   "standard output");
}

int main(void)
{
	static int signals[] = { SIGTERM, SIGINT, SIGHUP };

	put("first", 0, "first");
	ok(holds("first", "first"), "a file");
	put("first", 0, "second");
	ok(holds("first", "second") && no_leftovers(), "replaced");
	many_outputs();
	modes();
	links_and_devices();
	checked_before();

	ok(in_child(write_limited, (void *)(uintptr_t) "limited") == 4 && !ll_path_exists("limited") && no_leftovers(),
	   "RLIMIT_FSIZE: status 4");
	ok(strstr(child_said, "limited: cannot write: File too large") != NULL, "and why: %.60s", child_said);
	ok(in_child(no_clobber, (void *)(uintptr_t) "first") == 4 && holds("first", "second"), "--no-clobber at open");
	ok(in_child(no_clobber_late, (void *)(uintptr_t) "raced") == 4 && holds("raced", "other") && no_leftovers(),
	   "--no-clobber at commit");
	ok(in_child(die_amid, (void *)(uintptr_t) "died") == 3 && !ll_path_exists("died") && no_leftovers(), "ll_die");
	for (size_t i = 0; i < LL_COUNT(signals); i++)
		ok(in_child(terminate_amid, &signals[i]) == 1000 + signals[i] && !ll_path_exists("killed") &&
			   no_leftovers(),
		   "signal %d", signals[i]);
	kill_at_random();

	int p[2], saved = dup(1);
	LL_ASSERT(pipe(p) == 0);
	close(p[0]);
	fflush(stdout);
	dup2(p[1], 1);
	int rc = in_child(write_stdout, (void *)(uintptr_t) "to nobody");
	dup2(saved, 1);
	ok(rc == 1000 + SIGPIPE && child_said[0] == '\0', "a reader that left: silent death by SIGPIPE");

	ok(in_child(emergency, (void *)(uintptr_t) "/dev/fd/2") == 3 && strstr(child_said, "before END"),
	   "an emergency end follows what was written");
	time_t start = time(NULL);
	ok(in_child(emergency_full_pipe, NULL) == 3 && time(NULL) - start < 12, "and never blocks for good");

	write_much((void *)(uintptr_t) "mapped");
	ok(in_child(read_shrunk_map, (void *)(uintptr_t) "mapped") == 4 &&
		   strstr(child_said, "mapped: the file was shortened"),
	   "a mapped file shortened");

	char *joined = ll_path_join("a/", "b");
	ok(strcmp(joined, "a/b") == 0 && strcmp(ll_path_base("x/y"), "y") == 0 && strcmp(ll_path_base("y"), "y") == 0,
	   "paths");
	ll_make_dirs("d1/d2//d3/");
	ok(sh("test -d d1/d2/d3") == 0, "directories");
	ll_tmpdir_set(".");
	int fd = ll_temp_file("a test");
	ll_pwrite_full(fd, "0123", 4, 10, "temp");
	char back[4];
	ll_pread_full(fd, back, 4, 10, "temp");
	ok(memcmp(back, "0123", 4) == 0 && no_leftovers() && sh("ls -A | grep -q '^.lltools-'") == 1,
	   "a temporary file without a name");
	return test_done();
}
