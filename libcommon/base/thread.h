/* SPDX-License-Identifier: MIT */
/*
 * thread.h - threads in two shapes.
 *
 *   ll_pool    a fixed team for parallel loops inside one step (models, sorts). The work is cut by the caller, by shape
 *              alone, so results do not depend on the number of threads.
 *   ll_queue   jobs flow through in order: `work` runs on any thread, `retire` runs on one thread at a time, strictly in
 *              the order of submission. Readers, filters and writers are queues feeding queues.
 *
 * `threads` always means the total number that compute at once: all queues of a process share that many permits
 * (ll_threads_set), so -@ 2 never uses more than two processors however many queues there are.
 */
#ifndef LL_THREAD_H
#define LL_THREAD_H

#include "base/base.h"

/* Processors this process may use: affinity mask and cgroup quota, at least 1. */
int ll_threads_available(void);
/* -@ N of the process; 0 means ll_threads_available. Called once, before any queue exists. */
void ll_threads_set(int n);
int ll_threads(void);

struct ll_queue;

struct ll_queue_ops {
	void (*work)(void *context, void *job);   /* any thread, in parallel; may be NULL */
	void (*retire)(void *context, void *job); /* in order of submission, one at a time; owns the job */
};

/* What a job takes: a data frame as stored, decoded, changed and packed again (measured with documents of 50 bytes: 9). */
#define LL_QUEUE_JOB_BYTES (10 * LL_MIB)
/* Jobs that a queue made now would hold by default: 2 x threads + 2, but no more than its share of --memory among the queues
 * alive, at LL_QUEUE_JOB_BYTES each. At least 1. */
int ll_queue_depth(void);
/* A queue holding at most `depth` jobs (0: ll_queue_depth). With one thread or one job, work and retire run inside submit. */
struct ll_queue *ll_queue_new(const struct ll_queue_ops *ops, void *context, int depth);
/* Hands a job over; waits while the queue is full. From one thread at a time. */
void ll_queue_submit(struct ll_queue *q, void *job);
/* The same of a job that takes `bytes` of memory beside LL_QUEUE_JOB_BYTES: waits until what all in the queue take so is within half of
 * --memory, or until none is left that takes any. With one thread nothing waits. */
void ll_queue_submit_sized(struct ll_queue *q, void *job, uint64_t bytes);
/* The same of a job that takes very much: nothing else is in the queue meanwhile, and it is worked on and retired by the caller,
 * since every thread that allocates keeps some of what it frees. */
void ll_queue_submit_alone(struct ll_queue *q, void *job);
/* Waits until every job submitted is retired. */
void ll_queue_drain(struct ll_queue *q);
/* Drains, joins, frees. */
void ll_queue_free(struct ll_queue *q);

struct ll_pool;
struct ll_pool *ll_pool_new(int threads);
void ll_pool_free(struct ll_pool *p);
int ll_pool_threads(const struct ll_pool *p);
/* Runs task(context, i, thread) for i in [0, n), tasks taken in ascending order by any thread, and waits for all. The
 * calling thread takes part as thread 0. Not reentrant. */
void ll_pool_run(struct ll_pool *p, size_t n, void (*task)(void *context, size_t i, int thread), void *context);
/* Memory of one thread of the pool, for the task running on it: at least `bytes`, 64-aligned. It stays until the pool is freed;
 * what is in it, until the next call with more bytes. */
void *ll_pool_scratch(struct ll_pool *p, int thread, size_t bytes);

#endif
