/* SPDX-License-Identifier: MIT */
#include "ll-shard/dataset_walk.h"

#include <sys/stat.h>

#include "base/memory.h"
#include "base/option.h"

bool dataset_is(const char *path)
{
	struct stat st;
	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void check_together(const struct dataset_walk *w, const char *const *dirs, size_t i)
{
	struct ll_dataset *d = w->dataset[i];
	uint64_t listed = ll_input_expected(dirs, i);
	if (strcmp(ll_dataset_tokenizer_id(d), ll_dataset_tokenizer_id(w->dataset[0])) != 0)
		ll_die(LL_EXIT_INPUT, "%s: another tokenizer than that of %s", dirs[i], dirs[0]);
	if (ll_dataset_eot(d) != w->eot)
		ll_die(LL_EXIT_INPUT, "%s: another end-of-text than the dataset before", dirs[i]);
	if (listed != UINT64_MAX && listed != ll_dataset_documents(d))
		ll_die(LL_EXIT_INPUT, "%s: %llu documents where the list says %llu", dirs[i],
		       (unsigned long long)ll_dataset_documents(d), (unsigned long long)listed);
}

void dataset_walk_open(struct dataset_walk *w, const char *const *dirs, size_t n)
{
	*w = (struct dataset_walk){ .n = n };
	w->dataset = ll_calloc(n, sizeof(*w->dataset));
	w->documents = ll_calloc(n, sizeof(*w->documents));
	for (size_t i = 0; i < n; i++) {
		w->dataset[i] = ll_dataset_open(dirs[i]);
		w->documents[i] = ll_dataset_documents_path(w->dataset[i]);
		w->eot = ll_dataset_eot(w->dataset[0]);
		check_together(w, dirs, i);
	}
	w->reader = ll_reader_open(w->documents, n, "documents");
}

void dataset_walk_rewind(struct dataset_walk *w)
{
	ll_reader_close(w->reader);
	w->reader = ll_reader_open(w->documents, w->n, "documents");
	w->at = 0;
	w->done = w->end = 0;
}

/* Goes past datasets that are complete. */
static void pass_complete(struct dataset_walk *w)
{
	while (w->at < w->n && w->done == ll_dataset_documents(w->dataset[w->at])) {
		if (w->end != ll_dataset_tokens(w->dataset[w->at]))
			ll_die(LL_EXIT_INPUT, "%s: the documents end at token %llu of %llu", w->documents[w->at],
			       (unsigned long long)w->end, (unsigned long long)ll_dataset_tokens(w->dataset[w->at]));
		w->at++;
		w->done = w->end = 0;
	}
}

bool dataset_walk_next(struct dataset_walk *w, struct dataset_walk_document *out)
{
	struct ll_err err;
	size_t len;
	const unsigned char *record = ll_reader_next(w->reader, &len);
	pass_complete(w);
	if (!record) {
		if (w->at < w->n)
			ll_die(LL_EXIT_INPUT, "%s: %llu documents where the manifest says %llu", w->documents[w->at],
			       (unsigned long long)w->done,
			       (unsigned long long)ll_dataset_documents(w->dataset[w->at]));
		return false;
	}
	out->where = ll_reader_where(w->reader);
	if (w->at == w->n)
		ll_die(LL_EXIT_INPUT, "%s: more documents than the manifest says", out->where);
	if (ll_dataset_entry_get(record, len, &out->entry, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: %s", out->where, err.text);
	const struct ll_dataset_entry *e = &out->entry;
	uint64_t mark = w->eot >= 0, total = ll_dataset_tokens(w->dataset[w->at]);
	if (e->offset != w->end || e->length < mark || e->length > total - e->offset ||
	    e->length - mark > LL_RECORD_MAX / 2)
		ll_die(LL_EXIT_INPUT, "%s: tokens %llu to %llu where the dataset goes on at %llu of %llu", out->where,
		       (unsigned long long)e->offset, (unsigned long long)(e->offset + e->length),
		       (unsigned long long)w->end, (unsigned long long)total);
	out->dataset = w->dataset[w->at];
	out->ids = e->length - mark;
	w->end += e->length;
	w->done++;
	return true;
}

uint64_t dataset_walk_tokens(const struct dataset_walk *w)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < w->n; i++)
		sum += ll_dataset_tokens(w->dataset[i]);
	return sum;
}

uint64_t dataset_walk_documents(const struct dataset_walk *w)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < w->n; i++)
		sum += ll_dataset_documents(w->dataset[i]);
	return sum;
}

void dataset_walk_close(struct dataset_walk *w)
{
	ll_reader_close(w->reader);
	for (size_t i = 0; i < w->n; i++)
		ll_dataset_close(w->dataset[i]);
	ll_free(w->dataset);
	ll_free(w->documents);
}
