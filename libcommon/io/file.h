/* SPDX-License-Identifier: MIT */
/*
 * file.h - files and pipes in and out. All functions end the program (error.h) with the file's name on failure.
 *
 * Output under a final name is atomic: `.NAME.tmp-RANDOM` (O_EXCL, mode 0666 less umask) in the same directory, then fsync,
 * rename, fsync of the directory. Symbolic links are followed first. "-", devices, FIFOs and /dev/fd/N are written through.
 */
#ifndef LL_FILE_H
#define LL_FILE_H

#include "base/buffer.h"
#include "base/hash.h"

/* ---- input: raw bytes of a file, or of standard input for "-" ---- */
struct ll_in;

struct ll_in *ll_in_open(const char *path);
/* Reads up to n bytes; 0 only at the end of file. EINTR and short reads are handled. */
size_t ll_in_read(struct ll_in *in, void *buf, size_t n);
/* Reads exactly n bytes unless the file ends; returns what it got. */
size_t ll_in_read_full(struct ll_in *in, void *buf, size_t n);
/* The next n bytes without consuming them (fewer at the end of file); n <= 64 KiB. Valid until the next call. */
struct ll_str ll_in_peek(struct ll_in *in, size_t n);
/* A name for messages: the path, or "standard input". */
const char *ll_in_name(const struct ll_in *in);
bool ll_in_is_regular(const struct ll_in *in);
/* Size of a regular file, else 0. */
uint64_t ll_in_size(const struct ll_in *in);
/* Byte offset of the next byte read. ll_in_seek needs a regular file. */
uint64_t ll_in_offset(const struct ll_in *in);
void ll_in_seek(struct ll_in *in, uint64_t offset);
void ll_in_close(struct ll_in *in);

/* A whole file as one buffer (with a NUL after the end, not counted); at most `limit` bytes, else status 3. */
struct ll_buf ll_read_file(const char *path, size_t limit);

/* A read-only mapping of a whole regular file. A file shortened while mapped ends the program with status 4 (SIGBUS). */
struct ll_map {
	const unsigned char *data;
	size_t len;
	char *path;
};
struct ll_map ll_map_open(const char *path);
void ll_map_close(struct ll_map *m);

/* ---- output ---- */
struct ll_out;

enum ll_out_flags {
	LL_OUT_BINARY = 1,     /* refuse a terminal (status 2) */
	LL_OUT_NO_CLOBBER = 2, /* status 4 when the final name exists, checked at open and at commit */
	LL_OUT_IF_CHANGED = 4, /* leave a file that holds the same bytes already untouched */
};

struct ll_out *ll_out_open(const char *path, unsigned flags);
/* Ends the program where such an output could not be opened, before the work whose result goes there; opens nothing that others
 * would see opened. */
void ll_out_check(const char *path, unsigned flags);
/* What --no-clobber and --if-changed ask for, as flags: for outputs that are no streams. */
unsigned ll_out_common_flags(void);
/* True for a regular file that will be published by rename; false for what is written through. */
bool ll_out_is_file(const struct ll_out *o);
const char *ll_out_name(const struct ll_out *o);
/* Buffered write. EPIPE ends the process by SIGPIPE, anything else status 4. */
void ll_out_write(struct ll_out *o, const void *data, size_t len);
void ll_out_printf(struct ll_out *o, const char *format, ...) LL_PRINTF(2, 3);
void ll_out_flush(struct ll_out *o);
uint64_t ll_out_offset(const struct ll_out *o);
/* Flush, fsync, rename, fsync of the directory; for what is written through: flush and checked close. Frees. */
void ll_out_commit(struct ll_out *o);
/* Drops the temporary file, leaving the final name as it was. Frees. */
void ll_out_abandon(struct ll_out *o);
/* Flush and fsync but do not publish yet: for several outputs, of which the main one is published last. */
void ll_out_sync(struct ll_out *o);
/* The same for many outputs: nothing more will be written, and buffer and descriptor are given back until the commit. */
void ll_out_finish(struct ll_out *o);
/* The temporary path behind an output file (NULL when written through): for readers of what was just synced. */
const char *ll_out_temp_path(const struct ll_out *o);
/* For exit hooks: write what is given straight to the descriptor, ignoring errors. */
void ll_out_emergency(struct ll_out *o, const void *data, size_t len);

/* Writes a small file atomically. */
void ll_write_file(const char *path, const void *data, size_t len);

/* ---- directories that are published as a whole ---- */
/* mkdir -p of a directory for outputs. */
void ll_make_dirs(const char *path);
/* The same; those that it made go again at the end of the process if nothing is in them: temporary paths (base/error.h). */
void ll_make_dirs_temp(const char *path);
/* fsync of a directory. */
void ll_sync_dir(const char *path);
/* "DIR/NAME", caller frees. */
char *ll_path_join(const char *dir, const char *name);
/* The part after the last slash; borrowed. */
const char *ll_path_base(const char *path);
bool ll_path_exists(const char *path);
/* How an input is called in messages: "standard input" for "-", the name that a copy of it stands for, else its own. Borrowed. */
const char *ll_path_shown(const char *path);
/* From now on `path`, which holds a copy, is shown as `name`. Both are kept. Before any thread is started. */
void ll_path_show_as(const char *path, const char *name);

/* ---- temporary storage ---- */
/* An unlinked file in --tmpdir (ll_tmpdir), open for reading and writing: goes away with the process. */
int ll_temp_file(const char *purpose);
const char *ll_tmpdir(void);
void ll_tmpdir_set(const char *path);
/* Lets a pipe hold 1 MiB, where the system has a call for it and allows it. */
void ll_widen_pipe(int fd);
/* pwrite and pread of exactly n bytes, or the end of the program. `name` is for messages. */
void ll_pwrite_full(int fd, const void *data, size_t n, uint64_t offset, const char *name);
void ll_pread_full(int fd, void *data, size_t n, uint64_t offset, const char *name);

#endif
