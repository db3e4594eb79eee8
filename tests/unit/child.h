/* SPDX-License-Identifier: MIT */
/* child.h - for unit tests of what ends the process: runs a function in a child and tells how it ended. */
#ifndef LL_CHILD_H
#define LL_CHILD_H

#include "base/base.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

static char child_said[4096]; /* standard error of the last child */

/* Exit status, or 1000 + signal. A function that returns counts as status 0. */
LL_UNUSED static int in_child(void (*run)(void *), void *argument)
{
	int status = -1, p[2];
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	if (pipe(p) < 0 || (pid = fork()) < 0)
		return -1;
	if (pid == 0) {
		dup2(p[1], 2);
		close(p[0]);
		close(p[1]);
		ll_signals_install();
		run(argument);
		_exit(ll_finish(0));
	}
	close(p[1]);
	while (n < sizeof(child_said) - 1 && (got = read(p[0], child_said + n, sizeof(child_said) - 1 - n)) > 0)
		n += (size_t)got;
	child_said[n] = '\0';
	close(p[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* A shell command: its exit status. */
LL_UNUSED static int sh(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

#endif
