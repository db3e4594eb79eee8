/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_full.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"

#define LONGEST 30 /* seconds between two tries */

static bool waits;

void ll_train_full_wait(void)
{
	waits = true;
}

/* A second at first, then twice as long. */
static void pause_for(const char *what, const char *size, int *seconds)
{
	if (*seconds == 0)
		ll_warn("%s: no room for %s: waiting", what, size);
	*seconds = *seconds ? LL_MIN(*seconds * 2, LONGEST) : 1;
	for (int i = 0; i < 10 * *seconds; i++) {
		int number = ll_signal_pending();
		if (number) {
			ll_warn("%s: stopped while waiting; what was made since the last checkpoint is lost", what);
			ll_signal_reraise(number);
		}
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
}

bool ll_train_full_again(const char *path)
{
	static int seconds;
	static double last; /* when a pause ended: what comes much later is another disk that is full, told of again */
	if (!waits || (errno != ENOSPC && errno != EDQUOT))
		return false;
	seconds = ll_seconds() - last > LONGEST ? 0 : seconds;
	pause_for(path, "a line", &seconds);
	last = ll_seconds();
	return true;
}

/* Asks the file system itself, so that quotas count; true also where it cannot tell. */
static bool has_room(const char *dir, uint64_t bytes)
{
	char *name = ll_format(".room.tmp-%ld", (long)getpid()), *path = ll_path_join(dir, name);
	int slot = ll_temp_add(path, false), fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int error = fd < 0 ? errno : 0;
#if _POSIX_ADVISORY_INFO > 0
	if (fd >= 0)
		error = posix_fallocate(fd, 0, (off_t)bytes);
#else
	(void)bytes;
#endif
	bool full = error == ENOSPC || error == EDQUOT;
	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	ll_temp_remove(slot);
	ll_free(name);
	ll_free(path);
	return !full;
}

void ll_train_full_room(const char *dir, uint64_t bytes)
{
	char size[16];
	int seconds = 0;
	ll_human_bytes(size, (double)bytes);
	while (waits && !has_room(dir, bytes))
		pause_for(dir, size, &seconds);
	if (seconds)
		ll_note("%s: there is room again", dir);
}
