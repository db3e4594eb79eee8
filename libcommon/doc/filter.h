/* SPDX-License-Identifier: MIT */
/*
 * filter.h - the life of a document stage: frames in, `map` on every document in parallel, documents out in order, rejects
 * beside them, the books balanced, lineage written. What ll-clean, ll-dedup --exact, ll-decontam, ll-sample are made of.
 *
 * The result does not depend on the number of threads: `map` sees one document and read-only context; what needs order goes
 * through `decide`, which runs on one thread in input order.
 */
#ifndef LL_FILTER_H
#define LL_FILTER_H

#include "doc/record.h"
#include "stream/reader.h"
#include "stream/stats.h"
#include "stream/writer.h"

struct ll_sink; /* where map puts its verdicts; one a batch */

struct ll_filter {
	void *context;
	/* What is held of a document at most, in times of its bytes (stream/large_frame.h); 0: LL_TIMES_PASSED_ON. */
	unsigned times;
	/* Scratch of one worker (buffers, tables); may be NULL. */
	void *(*worker_new)(void *context);
	void (*worker_free)(void *context, void *worker);
	/* For every document exactly one of ll_sink_drop, ll_sink_decide, or ll_sink_keep (first call keeps, further calls
	 * are extra documents: call ll_sink_extra for those). */
	void (*map)(void *context, void *worker, const struct ll_doc *doc, struct ll_sink *sink);
	/* In input order, for what ll_sink_decide put off. Returns NULL to keep, else the drop reason; may set *value (a
	 * string valid until the next call) for the reject tag. `data` is what map attached, 8-byte aligned. */
	const char *(*decide)(void *context, const struct ll_doc *doc, void *data, size_t len, const char **value);
	/* May be NULL. Called after decide kept a document: to give it another text (ll_doc_set_text) or other tags, in memory that
	 * is valid until the next call. Returns the reason under which the difference counts, or NULL when nothing was changed. */
	const char *(*edit)(void *context, struct ll_doc *doc);
	/* May be NULL. Called after `edit` gave a reason, to make the text then, where it is going to be written from: `place` has room
	 * for as many bytes as doc->text has. What is put there is given to the document by ll_doc_set_text; a text that `edit` gave
	 * may stay. */
	void (*text)(void *context, struct ll_doc *doc, char *place);
	/* `edit` changes most documents: the digest of one that it leaves as it came is made after it, not beside map. */
	bool edits_most;
	/* Called where decide is, before the first document of each file that has one (and when those of another file were put
	 * off, see below): the name, the very one that was given. May be NULL. */
	void (*file)(void *context, const char *file);
	/* After a decision to drop: adds tags named "reject.*" for the reject record. May be NULL. */
	void (*reject_tags)(void *context, struct ll_buf *tags);
	/* For a `decide` that would need more memory than there is; all three or none, called where decide is. `put_off`
	 * is asked before the documents of a frame are decided, with the sum of their weights. Once it says true, that
	 * frame and all after it are put off (doc/set_aside.h), and `preview` gets each of their documents in decide's
	 * stead. After the last comes `settle`, then all that was put off is mapped once more and decided, as if read
	 * then. `weight` may be NULL: 1 each. */
	uint64_t (*weight)(void *context, const struct ll_doc *doc, const void *data, size_t len);
	bool (*put_off)(void *context, uint64_t weight);
	void (*preview)(void *context, const struct ll_doc *doc, const void *data, size_t len);
	void (*settle)(void *context);
	/* After the last document, before the output is declared complete: the place for a check that may end the program.
	 * May be NULL. */
	void (*end)(void *context);
	/* After the main output's end was written and before anything is published: the place to finish a second output with the
	 * inputs' lineage. May be NULL. */
	void (*finish)(void *context, const struct ll_lineage *lineage);
};

/* The document goes on as given (edited or not). Text it lost or gained against the input counts under `reason` "edit"
 * unless ll_sink_text accounted for the difference before. */
void ll_sink_keep(struct ll_sink *s, const struct ll_doc *doc);
void ll_sink_extra(struct ll_sink *s, const struct ll_doc *doc, const char *reason);
/* Dropped: counted under reason; written raw (as it came in) to --rejects with reject.stage, reject.reason, reject.value. */
void ll_sink_drop(struct ll_sink *s, const char *reason, const char *value_format, ...) LL_PRINTF(3, 4);
void ll_sink_decide(struct ll_sink *s, const struct ll_doc *doc, const void *data, size_t len);
/* Text removed or added inside the document about to be kept, by rule. */
void ll_sink_text(struct ll_sink *s, const char *reason, uint64_t removed, uint64_t added);
void ll_sink_count(struct ll_sink *s, const char *name, uint64_t n);

/* What the jobs in the queue of a stage that starts now may take, bytes: to be left free of --memory by a filter that fills the
 * rest. */
uint64_t ll_filter_memory(void);
/* Runs the whole stage over the input files by the common options; opens and publishes output, rejects, stats. Returns the
 * exit status (0, or the end of the program). */
int ll_filter_run(const struct ll_filter *f, const char *const *files, size_t n);
/* The same into an output that the caller opened and publishes (a filter with more than one output): finished, not published. */
struct ll_end ll_filter_run_to(const struct ll_filter *f, const char *const *files, size_t n, struct ll_writer *out);

/* Reads every document of the files in parallel without output: kept and dropped mean nothing, ll_sink_decide hands `data` to
 * `decide` in input order (its answer is ignored). For first passes: counting, signing. Returns the sums of the input's end
 * frames; *lineage (unless NULL) gets the inputs' lineage, which the caller frees. */
struct ll_end ll_documents_scan(const struct ll_filter *f, const char *const *files, size_t n, struct ll_lineage **lineage);

/* A rejects stream for what never became a document (bad lines at import): the raw bytes as text where they are UTF-8,
 * else as "verbatim"; with stage, reason, value, origin. Opened by --rejects; without it, ll_reject ends the program with
 * status 3 at the first record, naming place and reason. --max-rejects is checked at ll_rejects_close. */
struct ll_rejects;
struct ll_rejects *ll_rejects_open(void);
void ll_rejects_put_raw(struct ll_rejects *r, struct ll_str raw, const char *origin_file, uint64_t origin_line,
			const char *reason, const char *detail);
void ll_rejects_put(struct ll_rejects *r, const struct ll_doc *doc, const char *reason, const char *value);
/* The same of a document that cannot be used, which counts for --max-rejects: without --rejects the caller ends the program. */
void ll_rejects_put_unusable(struct ll_rejects *r, const struct ll_doc *doc, const char *reason, const char *value);
uint64_t ll_rejects_count(const struct ll_rejects *r);
/* Checks --max-rejects (status 3), writes the end and publishes: call it between finish and publish of the main output. */
void ll_rejects_close(struct ll_rejects *r, uint64_t input_records, const struct ll_lineage *lineage);

#endif
