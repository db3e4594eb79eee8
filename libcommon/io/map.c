/* SPDX-License-Identifier: MIT */
/* Read-only mappings (file.h), and the SIGBUS handler that says which mapped file was shortened under us. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"

/* Mappings the handler knows; one beyond the table is mapped all the same, its SIGBUS is then a plain one. */
#define MAPS_KNOWN 1024
static struct known_map {
	_Atomic(const unsigned char *) data; /* set last, cleared first */
	size_t len;
	const char *path;
} known[MAPS_KNOWN];
static pthread_mutex_t known_lock = PTHREAD_MUTEX_INITIALIZER;

static void on_bus_error(int number, siginfo_t *info, void *context)
{
	const unsigned char *at = info->si_addr;

	(void)context;
	for (size_t i = 0; i < MAPS_KNOWN; i++) {
		const unsigned char *start = atomic_load(&known[i].data);
		/* The fault is synchronous, in code that reads mapped bytes and holds no lock of the C library. */
		if (start && at >= start && at < start + known[i].len)
			ll_die(LL_EXIT_RESOURCE,
			       "%s: the file was shortened, or cannot be read, at byte %zu while in use", known[i].path,
			       (size_t)(at - start));
	}
	signal(number, SIG_DFL);
	raise(number);
}

static void remember(const struct ll_map *m)
{
	static bool installed;

	pthread_mutex_lock(&known_lock);
	if (!installed) {
		struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_NODEFER };
		sigemptyset(&action.sa_mask);
		sigaction(SIGBUS, &action, NULL);
		installed = true;
	}
	for (size_t i = 0; i < MAPS_KNOWN; i++) {
		if (atomic_load(&known[i].data))
			continue;
		known[i].len = m->len;
		known[i].path = m->path;
		atomic_store(&known[i].data, m->data);
		break;
	}
	pthread_mutex_unlock(&known_lock);
}

struct ll_map ll_map_open(const char *path)
{
	struct ll_map m = { .path = ll_strdup(path) };
	struct stat st;
	void *p;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot open", path);
	if (fstat(fd, &st) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot stat", path);
	if (!S_ISREG(st.st_mode))
		ll_die(LL_EXIT_INPUT, "%s: not a regular file", path);
	m.len = (size_t)st.st_size;
	if (m.len > 0) {
		p = mmap(NULL, m.len, PROT_READ, MAP_SHARED, fd, 0);
		if (p == MAP_FAILED)
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot map", path);
		m.data = p;
		remember(&m);
	}
	close(fd);
	return m;
}

void ll_map_close(struct ll_map *m)
{
	if (m->data) {
		pthread_mutex_lock(&known_lock);
		for (size_t i = 0; i < MAPS_KNOWN; i++)
			if (atomic_load(&known[i].data) == m->data)
				atomic_store(&known[i].data, NULL);
		pthread_mutex_unlock(&known_lock);
		munmap((void *)(uintptr_t)m->data, m->len);
	}
	ll_free(m->path);
	*m = (struct ll_map){ 0 };
}
