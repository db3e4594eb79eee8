/* SPDX-License-Identifier: MIT */
/*
 * run_lock.h - one process at a time in a run's folder. RUN/lock is made with its content by one link(2) and held with
 * flock(2) as long as the process lives; it says host, process and boot for people. A lock whose holder is gone is
 * taken over with a note; one from another host is refused, since nobody here can tell whether its holder lives.
 */
#ifndef LL_RUN_LOCK_H
#define LL_RUN_LOCK_H

void ll_run_lock(const char *run);
/* At the good end; other ends remove the file through the temporary paths of base/error.h. */
void ll_run_unlock(void);

#endif
