/* SPDX-License-Identifier: MIT */
/*
 * error.h - how a program of the suite fails.
 *
 * Two ways, and only two:
 *
 *   - Pure functions (parsers, codecs, anything a fuzzer calls) return 0 or -1 and fill a struct ll_err. They never print
 *     and never exit.
 *   - Everything that owns the outside world (files, options, threads, whole stages) calls ll_die: one line on standard
 *     error that names program, place and cause, an optional "hint:" line, clean-up, exit. Programs of the suite are
 *     single-shot, so the end of the process is the one clean-up path, the same for errors, signals and success.
 *
 * ll_die may be called from any thread; the first caller wins, later ones wait for the end.
 */
#ifndef LL_ERROR_H
#define LL_ERROR_H

#include "base/base.h"

/* Exit statuses, the same for every program (lltools.7). */
enum ll_exit {
	LL_EXIT_OK = 0,       /* done */
	LL_EXIT_NEGATIVE = 1, /* a negative answer: compare found a difference */
	LL_EXIT_USAGE = 2,    /* unknown option, impossible combination */
	LL_EXIT_INPUT = 3,    /* bad input: cut, damaged, malformed, unsupported */
	LL_EXIT_RESOURCE = 4, /* memory, disk, I/O, limits */
	LL_EXIT_BUG = 5,      /* a contradiction inside lltools */
	LL_EXIT_UPSTREAM = 6, /* an upstream stage declared failure */
	LL_EXIT_STOPPED = 7,  /* stopped before the end as asked; can be resumed */
};

/* What a pure function says of its failure: one line without newline, without program name. */
struct ll_err {
	char text[240];
};

/* Fills err (which may be NULL) and returns -1, so that `return ll_err_set(err, "...")` reads well. */
int ll_err_set(struct ll_err *err, const char *format, ...) LL_PRINTF(2, 3);

/* The name printed in front of messages: "ll-dedup" or, with a subcommand, "ll-shard import". Borrowed; set by ll_main. */
void ll_set_program(const char *name);
const char *ll_program_name(void);

/* Prints "PROGRAM: message", then the hint if one is pending, runs the exit hooks, ends with `status`. Control characters
 * in the message are masked. The message goes out in one write(2). */
void ll_die(int status, const char *format, ...) LL_PRINTF(2, 3) LL_NORETURN;
/* The same with ": strerror(errno)" appended. */
void ll_die_errno(int status, const char *format, ...) LL_PRINTF(2, 3) LL_NORETURN;
/* Sets this thread's hint for the next ll_die or ll_warn: what the user can do about it. */
void ll_hint(const char *format, ...) LL_PRINTF(1, 2);
/* Prints "PROGRAM: warning: message". Never silenced by -q. */
void ll_warn(const char *format, ...) LL_PRINTF(1, 2);
/* Prints "PROGRAM: message" as information; silenced by -q. */
void ll_note(const char *format, ...) LL_PRINTF(1, 2);
void ll_set_quiet(bool quiet);
bool ll_is_quiet(void);

/* A contradiction inside the program: status 5, with file and line. Use for what no input can cause. */
#define LL_BUG(...) ll_die_bug(__FILE__, __LINE__, __VA_ARGS__)
void ll_die_bug(const char *file, int line, const char *format, ...) LL_PRINTF(3, 4) LL_NORETURN;
#define LL_ASSERT(condition) ((condition) ? (void)0 : LL_BUG("assertion failed: %s", #condition))

/*
 * Hooks run once at the end of a failing process, last registered first, outside signal handlers: ll_die and EPIPE. They
 * may write (a failed end frame) and must not call ll_die. `status` is the exit status to come.
 */
typedef void ll_exit_hook(void *context, int status);
void ll_exit_hook_add(ll_exit_hook *hook, void *context);
void ll_exit_hook_remove(ll_exit_hook *hook, void *context);

/*
 * Temporary paths, removed at any end of the process that the process itself sees: ll_die, fatal signals, normal exit.
 * ll_temp_add copies the path and returns a slot; ll_temp_remove forgets it without touching the file (it was published or
 * removed). A directory is removed with rmdir after the files registered later. At most 4096 at a time.
 */
int ll_temp_add(const char *path, bool directory);
void ll_temp_remove(int slot);

/* Installs handlers: INT, TERM, HUP, XCPU remove temporary paths and re-raise; XFSZ and PIPE are ignored so that writes
 * return EFBIG and EPIPE. Signals that were ignored at start stay ignored. Called by ll_main. */
void ll_signals_install(void);
/* Lets a program finish on INT, TERM, HUP by itself (ll-train): the handlers only record the signal, and ll_signal_pending
 * returns it (0: none). ll_signal_reraise cleans up and ends the process by it. */
void ll_signals_defer(void);
int ll_signal_pending(void);
void ll_signal_reraise(int signal) LL_NORETURN;
/* EPIPE on data: silent; hooks, clean-up, then death by SIGPIPE even where the parent ignored it. */
void ll_die_pipe(void) LL_NORETURN;
/* Clean-up of a successful end, without hooks: temporary paths. Returns the status given. */
int ll_finish(int status);

#endif
