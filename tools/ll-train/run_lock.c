/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"

static int lock_fd = -1, lock_slot;
static char *lock_path;

static void host_name(char out[256])
{
	if (gethostname(out, 256) < 0)
		strcpy(out, "unknown");
	out[255] = '\0';
}

static char *content(void)
{
	char host[256], boot[64] = "unknown";
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	host_name(host);
	if (f) {
		if (fscanf(f, "%63s", boot) != 1)
			strcpy(boot, "unknown");
		fclose(f);
	}
	return ll_format("host %s\npid %ld\nboot %s\n", host, (long)getpid(), boot);
}

/* A file beside the lock with our content, locked; *temp is its path, for the caller to free, *slot that of ll_temp_add. */
static int write_temp(const char *run, const char *text, char **temp, int *slot)
{
	char *name = ll_format(".lock.tmp-%ld", (long)getpid());
	*temp = ll_path_join(run, name);
	unlink(*temp);
	int fd = open(*temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot create", *temp);
	*slot = ll_temp_add(*temp, false);
	ll_pwrite_full(fd, text, strlen(text), 0, *temp);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot lock", *temp);
	ll_free(name);
	return fd;
}

/* Makes the lock where there is none. */
static bool create(const char *run, const char *text)
{
	char *temp;
	int slot, fd = write_temp(run, text, &temp, &slot);
	bool made = link(temp, lock_path) == 0;
	if (!made && errno != EEXIST)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot create", lock_path);
	unlink(temp);
	ll_temp_remove(slot);
	if (made)
		lock_fd = fd;
	else
		close(fd);
	ll_free(temp);
	return made;
}

static void describe(int fd, char host[256], long *pid)
{
	char text[512];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	*pid = 0;
	if (sscanf(text, "host %255s pid %ld", host, pid) < 1)
		strcpy(host, "unknown");
}

/* A process killed a moment ago may hold its lock until the kernel has taken it apart. */
static bool wait_for_lock(int fd)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot lock", lock_path);
		if (i == 40)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* Takes over the lock of a dead process; false when it vanished meanwhile. */
static bool take_over(const char *run, const char *text)
{
	char host[256], here[256];
	struct stat ours, named;
	long pid;
	int fd = open(lock_path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		if (errno == ENOENT)
			return false;
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot open", lock_path);
	}
	describe(fd, host, &pid);
	host_name(here);
	if (strcmp(host, here) != 0) {
		ll_hint("if nothing runs there any more, remove %s", lock_path);
		ll_die(LL_EXIT_RESOURCE, "%s: the run is locked by process %ld on host %s", run, pid, host);
	}
	if (!wait_for_lock(fd))
		ll_die(LL_EXIT_RESOURCE, "%s: the run is in use by process %ld on this host", run, pid);
	if (stat(lock_path, &named) < 0 || fstat(fd, &ours) < 0 || named.st_ino != ours.st_ino ||
	    named.st_dev != ours.st_dev) {
		close(fd);
		return false;
	}
	/* Ours replaces it by one rename, so that a kill at any moment leaves one whole lock; a process that waits for
	 * the old file finds that it is not the lock any more. */
	char *temp;
	int slot;
	lock_fd = write_temp(run, text, &temp, &slot);
	if (rename(temp, lock_path) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot replace", lock_path);
	ll_temp_remove(slot);
	ll_free(temp);
	close(fd);
	ll_note("%s: took over the lock of process %ld, which is gone", run, pid);
	return true;
}

void ll_run_lock(const char *run)
{
	char *text = content();
	lock_path = ll_path_join(run, "lock");
	for (int attempt = 0; !create(run, text) && !take_over(run, text); attempt++)
		if (attempt == 100)
			ll_die(LL_EXIT_RESOURCE, "%s: the lock comes and goes", run);
	lock_slot = ll_temp_add(lock_path, false);
	ll_free(text);
}

void ll_run_unlock(void)
{
	unlink(lock_path);
	ll_temp_remove(lock_slot);
	close(lock_fd);
	lock_fd = -1;
	ll_free(lock_path);
}
