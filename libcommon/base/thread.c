/* SPDX-License-Identifier: MIT */
/* thread.c - how many threads there may be, and the pool for parallel loops. */
#include "base/thread.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

/* CPU bandwidth of the cgroup in whole processors, rounded up; 0 when there is no limit to be read. */
static int cgroup_quota(void)
{
	long long quota = -1, period = -1;
	FILE *f = fopen("/sys/fs/cgroup/cpu.max", "re");
	if (f) {
		if (fscanf(f, "%lld %lld", &quota, &period) != 2)
			quota = -1;
		fclose(f);
	} else {
		static const char *const files[] = { "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us" };
		long long *values[] = { &quota, &period };
		for (int i = 0; i < 2; i++)
			if ((f = fopen(files[i], "re"))) {
				if (fscanf(f, "%lld", values[i]) != 1)
					*values[i] = -1;
				fclose(f);
			}
	}
	return quota > 0 && period > 0 ? (int)((quota + period - 1) / period) : 0;
}

int ll_threads_available(void)
{
	int n = 0;
#ifdef __linux__
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
#endif
	if (n <= 0)
		n = (int)sysconf(_SC_NPROCESSORS_ONLN);
	int quota = cgroup_quota();
	if (quota > 0)
		n = LL_MIN(n, quota);
	return LL_MAX(n, 1);
}

static int threads = 1;

void ll_threads_set(int n)
{
	threads = n > 0 ? n : ll_threads_available();
}

int ll_threads(void)
{
	return threads;
}

/* ---- pool ---- */

struct pool_scratch {
	void *data;
	size_t bytes;
};

struct ll_pool {
	int threads;
	struct pool_scratch *scratch; /* one a thread */
	pthread_t *thread;
	pthread_mutex_t lock;
	pthread_cond_t start, end;
	_Atomic uint64_t round;    /* number of the loop being run */
	_Atomic int running;       /* helpers still in it */
	_Atomic int asleep;        /* helpers that wait for `start` */
	_Atomic bool waiting;      /* the caller waits for `end` */
	_Atomic bool closing;
	void (*task)(void *context, size_t i, int thread);
	void *context;
	size_t n;
	_Atomic size_t next;
};

struct helper {
	struct ll_pool *pool;
	int index;
};

static void take_tasks(struct ll_pool *p, int index)
{
	for (;;) {
		size_t i = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed);
		if (i >= p->n)
			return;
		p->task(p->context, i, index);
	}
}

/* The loops of a training step follow each other within microseconds, and to sleep and be woken takes tens of them: so a thread
 * looks some time for what it waits for, then lets others run, and sleeps only after about a millisecond. */
enum { LOOKS = 1000, YIELDS = 1000 };

static inline void pause_a_little(int turn)
{
	if (turn >= LOOKS)
		sched_yield();
#if defined(__x86_64__)
	else
		__builtin_ia32_pause();
#endif
}

static bool has_work(struct ll_pool *p, uint64_t seen)
{
	return p->round != seen || p->closing;
}

static void wait_for_round(struct ll_pool *p, uint64_t seen)
{
	for (int i = 0; i < LOOKS + YIELDS && !has_work(p, seen); i++)
		pause_a_little(i);
	if (has_work(p, seen))
		return;
	pthread_mutex_lock(&p->lock);
	p->asleep++; /* before the last look: the caller looks at `asleep` after it has begun a round */
	while (!has_work(p, seen))
		pthread_cond_wait(&p->start, &p->lock);
	p->asleep--;
	pthread_mutex_unlock(&p->lock);
}

static void wait_for_helpers(struct ll_pool *p)
{
	for (int i = 0; i < LOOKS + YIELDS && p->running > 0; i++)
		pause_a_little(i);
	if (p->running == 0)
		return;
	pthread_mutex_lock(&p->lock);
	p->waiting = true;
	while (p->running > 0)
		pthread_cond_wait(&p->end, &p->lock);
	p->waiting = false;
	pthread_mutex_unlock(&p->lock);
}

static void wake(struct ll_pool *p, pthread_cond_t *who)
{
	pthread_mutex_lock(&p->lock);
	pthread_cond_broadcast(who);
	pthread_mutex_unlock(&p->lock);
}

static void *helper_main(void *argument)
{
	struct helper h = *(struct helper *)argument;
	struct ll_pool *p = h.pool;
	ll_free(argument);
	for (uint64_t seen = 0;; seen++) { /* no round begins before all have left the last */
		wait_for_round(p, seen);
		if (p->round == seen)
			return NULL;
		take_tasks(p, h.index);
		if (--p->running == 0 && p->waiting)
			wake(p, &p->end);
	}
}

struct ll_pool *ll_pool_new(int n)
{
	struct ll_pool *p = ll_calloc(1, sizeof(*p));
	p->threads = LL_MAX(n, 1);
	p->thread = ll_calloc((size_t)p->threads, sizeof(*p->thread));
	p->scratch = ll_calloc((size_t)p->threads, sizeof(*p->scratch));
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->start, NULL);
	pthread_cond_init(&p->end, NULL);
	for (int i = 1; i < p->threads; i++) {
		struct helper *h = ll_malloc(sizeof(*h));
		*h = (struct helper){ p, i };
		if (pthread_create(&p->thread[i], NULL, helper_main, h) != 0) {
			ll_free(h);
			p->threads = i; /* fewer threads give the same answer */
		}
	}
	return p;
}

int ll_pool_threads(const struct ll_pool *p)
{
	return p->threads;
}

void *ll_pool_scratch(struct ll_pool *p, int thread, size_t bytes)
{
	struct pool_scratch *s = &p->scratch[thread];
	if (s->bytes < bytes) {
		ll_free(s->data);
		s->data = ll_alloc_aligned(64, bytes);
		s->bytes = bytes;
	}
	return s->data;
}

void ll_pool_run(struct ll_pool *p, size_t n, void (*task)(void *context, size_t i, int thread), void *context)
{
	if (p->threads == 1 || n <= 1) {
		for (size_t i = 0; i < n; i++)
			task(context, i, 0);
		return;
	}
	p->task = task;
	p->context = context;
	p->n = n;
	p->next = 0;
	p->running = p->threads - 1;
	p->round++;
	if (p->asleep > 0)
		wake(p, &p->start);
	take_tasks(p, 0);
	wait_for_helpers(p);
}

void ll_pool_free(struct ll_pool *p)
{
	p->closing = true;
	wake(p, &p->start);
	for (int i = 1; i < p->threads; i++)
		pthread_join(p->thread[i], NULL);
	for (int i = 0; i < p->threads; i++)
		ll_free(p->scratch[i].data);
	ll_free(p->scratch);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->start);
	pthread_cond_destroy(&p->end);
	ll_free(p->thread);
	ll_free(p);
}
