/* SPDX-License-Identifier: MIT */
/* queue.c - the ordered queue of thread.h, and the permits that all queues of the process share. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"

/* ---- permits: at most ll_threads() jobs are in `work` at once, over all queues ---- */

static pthread_mutex_t permit_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t permit_free = PTHREAD_COND_INITIALIZER;
static int permits_taken;

static void permit_take(void)
{
	pthread_mutex_lock(&permit_lock);
	while (permits_taken >= ll_threads())
		pthread_cond_wait(&permit_free, &permit_lock);
	permits_taken++;
	pthread_mutex_unlock(&permit_lock);
}

static void permit_give(void)
{
	pthread_mutex_lock(&permit_lock);
	permits_taken--;
	pthread_cond_signal(&permit_free);
	pthread_mutex_unlock(&permit_lock);
}

/* ---- the queue: a ring of slots between `tail` (next to retire) and `head` (next to submit) ---- */

struct slot {
	void *job;
	uint64_t bytes; /* beside LL_QUEUE_JOB_BYTES */
	bool done;
};

struct ll_queue {
	struct ll_queue_ops ops;
	void *context;
	int workers;
	pthread_t *thread;
	struct slot *ring;
	uint64_t depth, head, next, tail; /* tail <= next (to be worked on) <= head */
	uint64_t bytes;			  /* of the jobs from tail to head */
	bool retiring, closing;
	pthread_mutex_t lock;
	pthread_cond_t has_work, has_room;
};

/* Retires what is done at the front. Called with the lock held, by one thread at a time. */
static void retire_front(struct ll_queue *q)
{
	q->retiring = true;
	while (q->tail < q->head && q->ring[q->tail % q->depth].done) {
		struct slot slot = q->ring[q->tail % q->depth];
		pthread_mutex_unlock(&q->lock);
		q->ops.retire(q->context, slot.job);
		pthread_mutex_lock(&q->lock);
		q->tail++;
		q->bytes -= slot.bytes;
		pthread_cond_broadcast(&q->has_room);
	}
	q->retiring = false;
}

static void *worker(void *argument)
{
	struct ll_queue *q = argument;
	pthread_mutex_lock(&q->lock);
	for (;;) {
		while (q->next == q->head && !q->closing)
			pthread_cond_wait(&q->has_work, &q->lock);
		if (q->next == q->head)
			break;
		struct slot *slot = &q->ring[q->next++ % q->depth];
		if (q->ops.work) {
			pthread_mutex_unlock(&q->lock);
			permit_take();
			q->ops.work(q->context, slot->job);
			permit_give();
			pthread_mutex_lock(&q->lock);
		}
		slot->done = true;
		if (!q->retiring)
			retire_front(q);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

static atomic_uint alive; /* queues with jobs in flight */

int ll_queue_depth(void)
{
	uint64_t share = ll_memory_budget() / LL_QUEUE_JOB_BYTES / (atomic_load(&alive) + 1);

	return ll_threads() > 1 ? (int)LL_MAX(1, LL_MIN(share, 2 * (uint64_t)ll_threads() + 2)) : 1;
}

struct ll_queue *ll_queue_new(const struct ll_queue_ops *ops, void *context, int depth)
{
	struct ll_queue *q = ll_calloc(1, sizeof(*q));
	q->ops = *ops;
	q->context = context;
	q->depth = (uint64_t)(depth > 0 ? depth : ll_queue_depth());
	q->workers = q->depth > 1 && ll_threads() > 1 ? (int)LL_MIN((uint64_t)ll_threads(), q->depth) : 0;
	if (!q->workers)
		return q;
	atomic_fetch_add(&alive, 1);
	q->ring = ll_calloc(q->depth, sizeof(*q->ring));
	q->thread = ll_calloc((size_t)q->workers, sizeof(*q->thread));
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->has_work, NULL);
	pthread_cond_init(&q->has_room, NULL);
	for (int i = 0; i < q->workers; i++)
		if (pthread_create(&q->thread[i], NULL, worker, q) != 0) {
			if (i == 0)
				ll_die(LL_EXIT_RESOURCE, "no thread could be started");
			q->workers = i; /* fewer threads give the same answer */
		}
	return q;
}

void ll_queue_submit(struct ll_queue *q, void *job)
{
	ll_queue_submit_sized(q, job, 0);
}

void ll_queue_submit_sized(struct ll_queue *q, void *job, uint64_t bytes)
{
	if (!q->workers) {
		if (q->ops.work)
			q->ops.work(q->context, job);
		q->ops.retire(q->context, job);
		return;
	}
	pthread_mutex_lock(&q->lock);
	while (q->head - q->tail == q->depth || (q->bytes && q->bytes + bytes > ll_memory_budget() / 2))
		pthread_cond_wait(&q->has_room, &q->lock);
	q->ring[q->head++ % q->depth] = (struct slot){ job, bytes, false };
	q->bytes += bytes;
	pthread_cond_signal(&q->has_work);
	pthread_mutex_unlock(&q->lock);
}

void ll_queue_drain(struct ll_queue *q)
{
	if (!q->workers)
		return;
	pthread_mutex_lock(&q->lock);
	while (q->tail < q->head)
		pthread_cond_wait(&q->has_room, &q->lock);
	pthread_mutex_unlock(&q->lock);
}

void ll_queue_submit_alone(struct ll_queue *q, void *job)
{
	ll_queue_drain(q);
	if (q->workers)
		permit_take();
	if (q->ops.work)
		q->ops.work(q->context, job);
	if (q->workers)
		permit_give();
	q->ops.retire(q->context, job);
}

void ll_queue_free(struct ll_queue *q)
{
	if (q->workers) {
		ll_queue_drain(q);
		atomic_fetch_sub(&alive, 1);
		pthread_mutex_lock(&q->lock);
		q->closing = true;
		pthread_cond_broadcast(&q->has_work);
		pthread_mutex_unlock(&q->lock);
		for (int i = 0; i < q->workers; i++)
			pthread_join(q->thread[i], NULL);
		pthread_mutex_destroy(&q->lock);
		pthread_cond_destroy(&q->has_work);
		pthread_cond_destroy(&q->has_room);
	}
	ll_free(q->ring);
	ll_free(q->thread);
	ll_free(q);
}
