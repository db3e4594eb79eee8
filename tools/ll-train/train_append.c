/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_append.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "ll-train/train_full.h"

int ll_train_append_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot open", path);
	return fd;
}

void ll_train_append(int fd, const char *path, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, text, n);
		if (put < 0 && errno != EINTR && !ll_train_full_again(path))
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot write", path);
		text += put > 0 ? put : 0;
		n -= put > 0 ? (size_t)put : 0;
	}
}

void ll_train_append_sync(int fd, const char *path)
{
#ifdef __APPLE__ /* its headers have no fdatasync */
	int rc = fsync(fd);
#else
	int rc = fdatasync(fd);
#endif
	if (rc < 0 && errno != EINVAL)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot sync", path);
}

void ll_train_append_close(int fd, const char *path)
{
	ll_train_append_sync(fd, path);
	if (close(fd) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot close", path);
}
