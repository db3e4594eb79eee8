/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"

static const char *program_name = "lltools";
static bool quiet;
static _Thread_local char pending_hint[400];

void ll_set_program(const char *name)
{
	program_name = name;
}

const char *ll_program_name(void)
{
	return program_name;
}

void ll_set_quiet(bool on)
{
	quiet = on;
}

bool ll_is_quiet(void)
{
	return quiet;
}

int ll_err_set(struct ll_err *err, const char *format, ...)
{
	if (err) {
		va_list ap;
		va_start(ap, format);
		vsnprintf(err->text, sizeof(err->text), format, ap);
		va_end(ap);
	}
	return -1;
}

void ll_hint(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(pending_hint, sizeof(pending_hint), format, ap);
	va_end(ap);
}

/* One write(2), so that messages of several processes do not mix; control characters cannot reach a terminal. */
static void emit(const char *kind, const char *format, va_list ap, int sys_errno)
{
	char text[3000];
	size_t room = sizeof(text) - sizeof(pending_hint) - 16;
	int n = snprintf(text, room, "%s: %s", program_name, kind);
	size_t len = LL_MIN((size_t)LL_MAX(n, 0), room - 1);
	n = vsnprintf(text + len, room - len, format, ap);
	len = LL_MIN(len + (size_t)LL_MAX(n, 0), room - 1);
	if (sys_errno) {
		n = snprintf(text + len, room - len, ": %s", strerror(sys_errno));
		len = LL_MIN(len + (size_t)LL_MAX(n, 0), room - 1);
	}
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = '?';
	text[len++] = '\n';
	if (pending_hint[0]) {
		n = snprintf(text + len, sizeof(text) - len, "hint: %s\n", pending_hint);
		len = LL_MIN(len + (size_t)LL_MAX(n, 0), sizeof(text) - 1);
		pending_hint[0] = '\0';
	}
	ll_progress_clear_line();
	ssize_t written = write(STDERR_FILENO, text, len);
	(void)written;
}

void ll_warn(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	emit("warning: ", format, ap, 0);
	va_end(ap);
}

void ll_note(const char *format, ...)
{
	if (quiet) {
		pending_hint[0] = '\0';
		return;
	}
	va_list ap;
	va_start(ap, format);
	emit("", format, ap, 0);
	va_end(ap);
}

/* The first thread that fails ends the process; a second failure, in a hook or on another thread, must not start over. */
static void claim_the_end(void)
{
	static atomic_flag ending = ATOMIC_FLAG_INIT;
	static pthread_t owner;
	if (!atomic_flag_test_and_set(&ending)) {
		owner = pthread_self();
		return;
	}
	if (pthread_equal(owner, pthread_self()))
		_exit(LL_EXIT_BUG);
	for (;;)
		pause();
}

static void LL_NORETURN end_with(int status)
{
	ll_cleanup_hooks(status);
	ll_cleanup_temps();
	_exit(status);
}

void ll_die(int status, const char *format, ...)
{
	claim_the_end();
	va_list ap;
	va_start(ap, format);
	emit("", format, ap, 0);
	va_end(ap);
	end_with(status);
}

void ll_die_errno(int status, const char *format, ...)
{
	int saved = errno;
	claim_the_end();
	va_list ap;
	va_start(ap, format);
	emit("", format, ap, saved ? saved : EIO);
	va_end(ap);
	end_with(status);
}

void ll_die_bug(const char *file, int line, const char *format, ...)
{
	char place[120];
	claim_the_end();
	snprintf(place, sizeof(place), "bug at %s:%d: ", file, line);
	va_list ap;
	va_start(ap, format);
	emit(place, format, ap, 0);
	va_end(ap);
	end_with(LL_EXIT_BUG);
}

void ll_die_pipe(void)
{
	claim_the_end();
	ll_cleanup_hooks(LL_EXIT_RESOURCE);
	ll_signal_reraise(13); /* SIGPIPE */
}
