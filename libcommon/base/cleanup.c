/* SPDX-License-Identifier: MIT */
/* cleanup.c - exit hooks, temporary paths, signals: the parts of error.h that concern the end of the process. */
#include "base/cleanup.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

/* ---- hooks ---- */

#define MAX_HOOKS 64
static struct {
	ll_exit_hook *hook;
	void *context;
} hooks[MAX_HOOKS];
static size_t n_hooks;
static pthread_mutex_t hooks_lock = PTHREAD_MUTEX_INITIALIZER;

void ll_exit_hook_add(ll_exit_hook *hook, void *context)
{
	pthread_mutex_lock(&hooks_lock);
	LL_ASSERT(n_hooks < MAX_HOOKS);
	hooks[n_hooks].hook = hook;
	hooks[n_hooks++].context = context;
	pthread_mutex_unlock(&hooks_lock);
}

void ll_exit_hook_remove(ll_exit_hook *hook, void *context)
{
	pthread_mutex_lock(&hooks_lock);
	for (size_t i = n_hooks; i-- > 0;)
		if (hooks[i].hook == hook && hooks[i].context == context) {
			memmove(&hooks[i], &hooks[i + 1], (n_hooks - i - 1) * sizeof(hooks[0]));
			n_hooks--;
			break;
		}
	pthread_mutex_unlock(&hooks_lock);
}

void ll_cleanup_hooks(int status)
{
	/* A thread that died inside add or remove must not block the end. */
	bool locked = pthread_mutex_trylock(&hooks_lock) == 0;
	while (n_hooks > 0) {
		n_hooks--;
		hooks[n_hooks].hook(hooks[n_hooks].context, status);
	}
	if (locked)
		pthread_mutex_unlock(&hooks_lock);
}

/* ---- temporary paths ---- */

#define MAX_TEMPS 4096
static struct {
	_Atomic(char *) path; /* set last on add, cleared first on remove: the handler sees whole entries or none */
	bool directory;
} temps[MAX_TEMPS];
static atomic_int temps_end;
static pthread_mutex_t temps_lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t temps_owner;

int ll_temp_add(const char *path, bool directory)
{
	char *copy = ll_strdup(path);
	pthread_mutex_lock(&temps_lock);
	temps_owner = getpid();
	int slot = 0;
	while (slot < MAX_TEMPS && atomic_load(&temps[slot].path))
		slot++;
	if (slot == MAX_TEMPS)
		LL_BUG("more than %d temporary paths at a time", MAX_TEMPS);
	temps[slot].directory = directory;
	atomic_store(&temps[slot].path, copy);
	if (slot >= atomic_load(&temps_end))
		atomic_store(&temps_end, slot + 1);
	pthread_mutex_unlock(&temps_lock);
	return slot;
}

void ll_temp_remove(int slot)
{
	LL_ASSERT(slot >= 0 && slot < MAX_TEMPS);
	/* The string is leaked on purpose: a signal handler may be reading it. */
	atomic_store(&temps[slot].path, NULL);
}

void ll_cleanup_temps(void)
{
	if (temps_owner != getpid())
		return;
	for (int pass = 0; pass < 2; pass++) /* files first, then the directories they were in, later ones first */
		for (int i = atomic_load(&temps_end); i-- > 0;) {
			char *path = atomic_load(&temps[i].path);
			if (!path || temps[i].directory != (pass == 1))
				continue;
			if (pass == 0)
				unlink(path);
			else
				rmdir(path);
			atomic_store(&temps[i].path, NULL);
		}
}

int ll_finish(int status)
{
	ll_cleanup_temps();
	return status;
}

/* ---- signals ---- */

static const int fatal_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGXCPU };
static volatile sig_atomic_t deferred, pending;

void ll_signal_reraise(int signal_number)
{
	ll_cleanup_temps();
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t set;
	sigemptyset(&action.sa_mask);
	sigaction(signal_number, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, signal_number);
	raise(signal_number);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + signal_number);
}

static void on_signal(int signal_number)
{
	if (deferred) {
		pending = signal_number;
		return;
	}
	ll_signal_reraise(signal_number);
}

void ll_signals_install(void)
{
	for (size_t i = 0; i < LL_COUNT(fatal_signals); i++) {
		struct sigaction old, action = { .sa_handler = on_signal };
		sigfillset(&action.sa_mask);
		if (sigaction(fatal_signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(fatal_signals[i], &action, NULL);
	}
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL);
}

void ll_signals_defer(void)
{
	deferred = 1;
}

int ll_signal_pending(void)
{
	return pending;
}
