/* SPDX-License-Identifier: MIT */
/*
 * folder.h - a folder of files that appears whole or not at all, and that knows when one of its files was changed: the
 * frame of a checkpoint, free of knowledge about models.
 *
 * Members are written into RUN/.NAME.tmp-PID and synced; then the state file, sealed (text/json_tree.h) and with the
 * size and XXH3-128 of every other member; then the folder is renamed to RUN/NAME once. A process that ends in between
 * removes what it wrote; what a killed one left is removed by ll_folder_sweep.
 */
#ifndef LL_FOLDER_H
#define LL_FOLDER_H

#include "base/error.h"
#include "base/hash.h"

#define LL_FOLDER_STATE "ll-state.json"

struct ll_folder_writer;
struct ll_out;

/* Begins RUN/NAME. `parent` must exist. */
struct ll_folder_writer *ll_folder_begin(const char *parent, const char *name);
/* Opens the next member; everything written to the output must also be given to ll_folder_hash. Closed by the next
 * call. */
struct ll_out *ll_folder_member(struct ll_folder_writer *w, const char *name);
struct ll_hash128_state *ll_folder_hash(struct ll_folder_writer *w);
/* A member whole. */
void ll_folder_put(struct ll_folder_writer *w, const char *name, const void *data, size_t len);
/* Writes the state file: `members` are JSON members ("\"step\":7,\"seed\":1") put before the list of files. Publishes;
 * frees. */
void ll_folder_commit(struct ll_folder_writer *w, const char *members);

struct json_object;
/* Reads and checks DIR/ll-state.json: seal, then every member's size and hash. Returns the state (json_object_put it),
 * or NULL with file and cause in err. */
struct json_object *ll_folder_open(const char *dir, struct ll_err *err);
/* Removes what killed processes left in `parent`: only while it is locked. */
void ll_folder_sweep(const char *parent);
/* Removes a folder with its plain files. */
void ll_folder_remove(const char *dir);
/* Points the symbolic link PARENT/LINK at NAME, by rename. */
void ll_folder_link(const char *parent, const char *link, const char *name);

#endif
