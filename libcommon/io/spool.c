/* SPDX-License-Identifier: MIT */
#include "io/spool.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"

static int copy(const char *path)
{
	struct ll_in *in = ll_in_open(path);
	int fd = ll_temp_file("a copy of an input that is read twice");
	char *buffer = ll_malloc(LL_MIB);
	uint64_t at = 0;
	size_t got;
	char *name = ll_format("%s: copy of %s", ll_tmpdir(), ll_in_name(in));

	while ((got = ll_in_read(in, buffer, LL_MIB)) > 0) {
		ll_pwrite_full(fd, buffer, got, at, name);
		at += got;
	}
	ll_free(buffer);
	ll_free(name);
	ll_in_close(in);
	return fd;
}

void ll_spool_inputs(const char **files, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool standard = strcmp(files[i], "-") == 0;
		struct stat st;
		const char *name = ll_path_shown(files[i]);
		if ((standard ? fstat(0, &st) : stat(files[i], &st)) != 0)
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot open", name);
		if (S_ISREG(st.st_mode) && (!standard || lseek(0, 0, SEEK_CUR) == 0)) {
			if (standard)
				ll_path_show_as(files[i] = "/dev/stdin", name);
			continue;
		}
		int fd = copy(files[i]);
		if (standard && dup2(fd, 0) != 0)
			ll_die_errno(LL_EXIT_RESOURCE, "standard input: cannot be replaced by its copy");
		files[i] = standard ? "/dev/stdin" : ll_format("/dev/fd/%d", fd);
		ll_path_show_as(files[i], name);
	}
}
