/* SPDX-License-Identifier: MIT */
#include "doc/set_aside.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/file.h"

#define PURPOSE "documents put off"

struct ll_set_aside {
	int fd;
	uint64_t size, next;
	char *name; /* for messages */
	/* the file asked about last */
	const char *file;
	bool file_stays;
};

/* One in the temporary file; the stored bytes follow unless they stay in the input. */
struct entry {
	struct ll_data_frame frame;
	bool stays;
};

struct ll_set_aside *ll_set_aside_new(void)
{
	struct ll_set_aside *a = ll_calloc(1, sizeof(*a));

	a->fd = ll_temp_file(PURPOSE);
	a->name = ll_format("%s: temporary file for %s", ll_tmpdir(), PURPOSE);
	return a;
}

/* True for what can be opened again and will be the same. */
static bool stays(struct ll_set_aside *a, const char *file)
{
	struct stat st;

	if (file != a->file) {
		a->file = file;
		a->file_stays = strcmp(file, "-") != 0 && strncmp(file, "/dev/", 5) != 0 &&
				strncmp(file, "/proc/", 6) != 0 && stat(file, &st) == 0 && S_ISREG(st.st_mode);
	}
	return a->file_stays;
}

void ll_set_aside_put(struct ll_set_aside *a, const struct ll_data_frame *frame)
{
	struct entry e;

	memset(&e, 0, sizeof(e));
	e.frame = *frame;
	e.frame.stored = e.frame.raw = NULL;
	e.stays = stays(a, frame->file);
	ll_pwrite_full(a->fd, &e, sizeof(e), a->size, a->name);
	a->size += sizeof(e);
	if (e.stays)
		return;
	ll_pwrite_full(a->fd, frame->stored, frame->header.stored_len, a->size, a->name);
	a->size += frame->header.stored_len;
}

static void read_again(struct ll_data_frame *f)
{
	struct ll_in *in = ll_in_open(f->file);

	ll_in_seek(in, f->offset + LL_FRAME_HEADER_BYTES);
	if (ll_in_read_full(in, f->stored, f->header.stored_len) < f->header.stored_len)
		ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: cut while it was being read", f->file,
		       f->header.sequence, (unsigned long long)f->offset);
	ll_in_close(in);
}

bool ll_set_aside_next(struct ll_set_aside *a, struct ll_data_frame *out)
{
	struct entry e;

	if (a->next == a->size)
		return false;
	ll_pread_full(a->fd, &e, sizeof(e), a->next, a->name);
	a->next += sizeof(e);
	*out = e.frame;
	out->stored = ll_malloc(LL_MAX(out->header.stored_len, 1));
	if (e.stays) {
		read_again(out);
	} else {
		ll_pread_full(a->fd, out->stored, out->header.stored_len, a->next, a->name);
		a->next += out->header.stored_len;
	}
	return true;
}

void ll_set_aside_free(struct ll_set_aside *a)
{
	if (!a)
		return;
	close(a->fd);
	ll_free(a->name);
	ll_free(a);
}
