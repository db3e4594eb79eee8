/* SPDX-License-Identifier: MIT */
/* Paths, directories and temporary storage (file.h). */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/option.h"
#include "io/file.h"

static void make_dirs(const char *path, bool temp)
{
	char *copy = ll_strdup(path);
	struct stat st;

	for (char *p = copy + 1; *copy; p++) {
		char was = *p;
		if (was != '/' && was != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, 0777) == 0) {
			if (temp)
				ll_temp_add(copy, true);
		} else if (errno != EEXIST) {
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot make the directory", copy);
		}
		*p = was;
		if (was == '\0')
			break;
	}
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		ll_die(LL_EXIT_RESOURCE, "%s: not a directory", path);
	ll_free(copy);
}

void ll_make_dirs(const char *path)
{
	make_dirs(path, false);
}

void ll_make_dirs_temp(const char *path)
{
	make_dirs(path, true);
}

void ll_sync_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		if (errno == EACCES) /* a directory we may write but not read cannot be synced */
			return;
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot open the directory", path);
	}
	/* Some file systems cannot sync a directory and say so. */
	if (fsync(fd) < 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot sync the directory", path);
	close(fd);
}

char *ll_path_join(const char *dir, const char *name)
{
	size_t len = strlen(dir);

	return ll_format("%s%s%s", dir, len > 0 && dir[len - 1] == '/' ? "" : "/", name);
}

const char *ll_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool ll_path_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static char *tmpdir;

void ll_tmpdir_set(const char *path)
{
	ll_free(tmpdir);
	tmpdir = path ? ll_strdup(path) : NULL;
}

const char *ll_tmpdir(void)
{
	const char *env;

	if (tmpdir)
		return tmpdir;
	if (ll_common.tmpdir)
		return ll_common.tmpdir;
	if ((env = getenv("LL_TMPDIR")) && *env)
		return env;
	if ((env = getenv("TMPDIR")) && *env)
		return env;
	return "/tmp";
}

int ll_temp_file(const char *purpose)
{
	const char *dir = ll_tmpdir();
	char *template;
	int fd;

#ifdef O_TMPFILE
	fd = open(dir, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT) {
		ll_hint("--tmpdir or LL_TMPDIR names another place");
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot make a temporary file for %s", dir, purpose);
	}
#endif
	template = ll_path_join(dir, ".lltools-XXXXXX");
	fd = mkostemp(template, O_CLOEXEC);
	if (fd < 0) {
		ll_hint("--tmpdir or LL_TMPDIR names another place");
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot make a temporary file for %s", dir, purpose);
	}
	unlink(template);
	ll_free(template);
	return fd;
}

void ll_widen_pipe(int fd)
{
#ifdef F_SETPIPE_SZ
	fcntl(fd, F_SETPIPE_SZ, (int)LL_MIB);
#else
	(void)fd;
#endif
}

void ll_pwrite_full(int fd, const void *data, size_t n, uint64_t offset, const char *name)
{
	const char *p = data;

	while (n > 0) {
		ssize_t put = pwrite(fd, p, LL_MIN(n, LL_GIB), (off_t)offset);
		if (put < 0) {
			if (errno == EINTR)
				continue;
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot write at byte %llu", name,
				     (unsigned long long)offset);
		}
		p += put;
		n -= (size_t)put;
		offset += (uint64_t)put;
	}
}

void ll_pread_full(int fd, void *data, size_t n, uint64_t offset, const char *name)
{
	char *p = data;

	while (n > 0) {
		ssize_t got = pread(fd, p, LL_MIN(n, LL_GIB), (off_t)offset);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot read at byte %llu", name,
				     (unsigned long long)offset);
		}
		if (got == 0)
			ll_die(LL_EXIT_RESOURCE, "%s: ends at byte %llu, expected more", name,
			       (unsigned long long)offset);
		p += got;
		n -= (size_t)got;
		offset += (uint64_t)got;
	}
}

static struct copy {
	char *path, *name;
	struct copy *next;
} *copies;

void ll_path_show_as(const char *path, const char *name)
{
	struct copy *c = ll_malloc(sizeof(*c));
	*c = (struct copy){ ll_strdup(path), ll_strdup(name), copies };
	copies = c;
}

const char *ll_path_shown(const char *path)
{
	for (const struct copy *c = copies; c; c = c->next)
		if (strcmp(c->path, path) == 0)
			return c->name;
	return strcmp(path, "-") == 0 ? "standard input" : path;
}
