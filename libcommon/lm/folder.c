/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "lm/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/file.h"
#include "text/json.h"
#include "text/json_tree.h"

#define MEMBERS_MAX 64
#define STATE_MAX (16 * LL_MIB)

struct ll_folder_writer {
	char *parent, *name, *temp;
	int slot;
	struct ll_out *out; /* the member being written */
	struct ll_hash128_state *hash;
	int member_slot[MEMBERS_MAX];
	size_t members;
	struct ll_buf list; /* JSON, of the members finished */
	char *member;
};

struct ll_folder_writer *ll_folder_begin(const char *parent, const char *name)
{
	struct ll_folder_writer *w = ll_calloc(1, sizeof(*w));
	char *temp = ll_format(".%s.tmp-%ld", name, (long)getpid());
	w->parent = ll_strdup(parent);
	w->name = ll_strdup(name);
	w->temp = ll_path_join(parent, temp);
	w->slot = ll_temp_add(w->temp, true);
	if (mkdir(w->temp, 0777) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot make the folder", w->temp);
	ll_free(temp);
	return w;
}

static void finish_member(struct ll_folder_writer *w)
{
	char hex[33];
	if (!w->out)
		return;
	char *path = ll_path_join(w->temp, w->member);
	uint64_t bytes = ll_out_offset(w->out);
	if (w->members == MEMBERS_MAX)
		LL_BUG("more than %d members in %s", MEMBERS_MAX, w->name);
	w->member_slot[w->members++] = ll_temp_add(path, false);
	ll_out_commit(w->out);
	w->out = NULL;
	if (w->hash) {
		ll_buf_puts(&w->list, w->list.len ? "," : "");
		ll_buf_puts(&w->list, "\n  {\"name\":");
		ll_json_escape(&w->list, ll_cstr(w->member), false);
		ll_buf_printf(&w->list, ",\"bytes\":%llu,\"hash\":\"%s\"}", (unsigned long long)bytes,
			      ll_id_hex(ll_hash128_digest(w->hash), hex));
		ll_hash128_free(w->hash);
		w->hash = NULL;
	}
	ll_free(w->member);
	ll_free(path);
	w->member = NULL;
}

static struct ll_out *begin_member(struct ll_folder_writer *w, const char *name)
{
	finish_member(w);
	char *path = ll_path_join(w->temp, name);
	w->member = ll_strdup(name);
	w->out = ll_out_open(path, 0);
	ll_free(path);
	return w->out;
}

struct ll_out *ll_folder_member(struct ll_folder_writer *w, const char *name)
{
	begin_member(w, name);
	w->hash = ll_hash128_new();
	return w->out;
}

struct ll_hash128_state *ll_folder_hash(struct ll_folder_writer *w)
{
	return w->hash;
}

void ll_folder_put(struct ll_folder_writer *w, const char *name, const void *data, size_t len)
{
	struct ll_out *out = ll_folder_member(w, name);
	ll_out_write(out, data, len);
	ll_hash128_update(w->hash, data, len);
}

static int exchange(const char *a, const char *b)
{
#ifdef RENAME_EXCHANGE
	return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
#else
	(void)a;
	(void)b;
	errno = ENOSYS;
	return -1;
#endif
}

/* One rename. Where the step exists already (written by an earlier life of the run), the two change places. */
static void publish(const char *temp, const char *final)
{
	bool exists = ll_path_exists(final);
	int rc = exists ? exchange(temp, final) : rename(temp, final);
	if (rc < 0 && exists && (errno == EINVAL || errno == ENOSYS)) {
		ll_folder_remove(final);
		exists = false;
		rc = rename(temp, final);
	}
	if (rc < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot rename %s to it", final, temp);
	if (exists)
		ll_folder_remove(temp);
}

void ll_folder_commit(struct ll_folder_writer *w, const char *members)
{
	struct ll_buf state = { 0 };
	char *final = ll_path_join(w->parent, w->name);
	finish_member(w);
	ll_buf_printf(&state, "{%s,\n\"members\":[", members);
	ll_buf_add_str(&state, ll_buf_str(&w->list));
	ll_buf_puts(&state, "\n],\"checksum\":\"" LL_JSON_SEAL_BLANK "\"}\n");
	ll_json_seal(&state);
	ll_out_write(begin_member(w, LL_FOLDER_STATE), state.data, state.len);
	finish_member(w);
	ll_sync_dir(w->temp);
	publish(w->temp, final);
	for (size_t i = 0; i < w->members; i++)
		ll_temp_remove(w->member_slot[i]);
	ll_temp_remove(w->slot);
	ll_sync_dir(w->parent);
	ll_buf_free(&state);
	ll_buf_free(&w->list);
	ll_free(final);
	ll_free(w->parent);
	ll_free(w->name);
	ll_free(w->temp);
	ll_free(w);
}

static int check_member(const char *dir, struct json_object *o, struct ll_err *err)
{
	struct ll_err why;
	struct ll_id wanted;
	uint64_t bytes;
	const char *name = ll_json_tree_string(o, "name", &why);
	const char *hash = name ? ll_json_tree_string(o, "hash", &why) : NULL;
	if (!hash || ll_json_tree_u64(o, "bytes", &bytes, &why) < 0 || ll_id_parse(ll_cstr(hash), &wanted) < 0 ||
	    strchr(name, '/'))
		return ll_err_set(err, "%s: not a list of members", dir);
	char *path = ll_path_join(dir, name);
	struct stat st;
	int rc = 0;
	if (stat(path, &st) < 0) {
		rc = ll_err_set(err, "%s: %s, but the checkpoint lists it", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != bytes) {
		rc = ll_err_set(err, "%s: %lld bytes, not the %llu that were written", path, (long long)st.st_size,
				(unsigned long long)bytes);
	} else {
		struct ll_map m = ll_map_open(path);
		if (!ll_id_eq(ll_hash128(m.data, m.len), wanted))
			rc = ll_err_set(err, "%s: checksum mismatch: the file was changed or damaged", path);
		ll_map_close(&m);
	}
	ll_free(path);
	return rc;
}

struct json_object *ll_folder_open(const char *dir, struct ll_err *err)
{
	struct ll_err why;
	struct stat st;
	char *path = ll_path_join(dir, LL_FOLDER_STATE);
	if (stat(path, &st) < 0) {
		ll_err_set(err, "%s: %s", path, strerror(errno));
		ll_free(path);
		return NULL;
	}
	struct ll_buf text = ll_read_file(path, STATE_MAX);
	int rc = ll_json_seal_check(ll_buf_str(&text), &why);
	struct json_object *o = rc == 0 ? ll_json_tree_parse(ll_buf_str(&text), &why) : NULL;
	struct json_object *members = o ? ll_json_tree_array(o, "members", &why) : NULL;
	if (!members)
		rc = ll_err_set(err, "%s: %s", path, why.text);
	for (size_t i = 0; rc == 0 && i < json_object_array_length(members); i++)
		rc = check_member(dir, json_object_array_get_idx(members, i), err);
	ll_buf_free(&text);
	ll_free(path);
	if (rc == 0)
		return o;
	json_object_put(o);
	return NULL;
}

void ll_folder_remove(const char *dir)
{
	DIR *d = opendir(dir);
	if (!d)
		return;
	/* The state goes first: a folder half removed is no checkpoint. */
	unlinkat(dirfd(d), LL_FOLDER_STATE, 0);
	for (struct dirent *e; (e = readdir(d));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	if (rmdir(dir) < 0 && errno != ENOENT)
		ll_warn("%s: cannot remove: %s", dir, strerror(errno));
}

void ll_folder_sweep(const char *parent)
{
	DIR *d = opendir(parent);
	if (!d)
		return;
	for (struct dirent *e; (e = readdir(d));) {
		char *path = ll_path_join(parent, e->d_name);
		struct stat st;
		if (e->d_name[0] == '.' && strstr(e->d_name, ".tmp-") && lstat(path, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				ll_folder_remove(path);
			else
				unlink(path);
		}
		ll_free(path);
	}
	closedir(d);
}

void ll_folder_link(const char *parent, const char *link, const char *name)
{
	char *path = ll_path_join(parent, link);
	char *temp_name = ll_format(".%s.tmp-%ld", link, (long)getpid());
	char *temp = ll_path_join(parent, temp_name);
	unlink(temp);
	int slot = ll_temp_add(temp, false);
	if (symlink(name, temp) < 0 || rename(temp, path) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot point it at %s", path, name);
	ll_temp_remove(slot);
	ll_sync_dir(parent);
	ll_free(path);
	ll_free(temp_name);
	ll_free(temp);
}
