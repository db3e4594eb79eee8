/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_save.h"

#include <pthread.h>
#include <signal.h>

#include "base/error.h"
#include "base/memory.h"
#include "ll-train/train_full.h"
#include "ll-train/train_guard.h"
#include "ll-train/train_loop.h"

/* A checkpoint to be written: of the live model, or of its copy. Nothing in it changes while it is written. */
struct job {
	const char *dir, *tokenizer;
	int64_t eot;
	struct ll_lm model;
	struct ll_optimizer optimizer;
	struct ll_checkpoint_state state;
	struct ll_buf journal;
	struct ll_train_log *log;
	const struct ll_train_telemetry *telemetry;
	uint64_t bytes, keep, pinned, since, milestone;
};

struct ll_train_saver {
	float *copy; /* NULL: written between steps */
	uint64_t bytes;
	struct job job;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool busy, closing;
};

/* ---- the plan ---- */

uint64_t ll_train_save_copy_wanted(const struct ll_train_settings *s)
{
	uint64_t state;
	if (strcmp(s->async_save, "never") == 0 || (!s->save_every && !s->milestone_every))
		return 0;
	ll_optimizer_plan(ll_optimizer_kind(s->optimizer), &s->model, s->momentum > 0, &state);
	return ll_lm_config_parameters(&s->model) * sizeof(float) + state;
}

uint64_t ll_train_save_copy(const struct ll_train_settings *s, uint64_t left)
{
	uint64_t bytes = ll_train_save_copy_wanted(s);
	return bytes <= left || strcmp(s->async_save, "always") == 0 ? bytes : 0;
}

/* ---- writing ---- */

uint64_t ll_train_loop_bytes(const struct ll_train_loop *r)
{
	return (r->trainer.model->parameters + r->trainer.optimizer->floats) * sizeof(float) + LL_MIB;
}

/* Of the step at which the run stands, with its live numbers. */
static void describe(const struct ll_train_loop *r, bool final, struct job *j)
{
	struct ll_buf journal = j->journal;
	struct ll_str text = ll_train_journal_text(r->journal);
	*j = (struct job){ .dir = r->dir,
			   .tokenizer = ll_dataset_tokenizer_path(r->data.train),
			   .eot = ll_dataset_eot(r->data.train),
			   .model = *r->trainer.model,
			   .optimizer = *r->trainer.optimizer,
			   .state = r->state,
			   .journal = journal,
			   .log = r->log,
			   .telemetry = &r->telemetry,
			   .bytes = ll_train_loop_bytes(r),
			   .keep = (uint64_t)r->settings.keep,
			   .pinned = r->course.pinned,
			   .since = ll_train_guard_anchor(r),
			   .milestone = (uint64_t)r->settings.milestone_every };
	ll_buf_clear(&j->journal);
	ll_buf_add_str(&j->journal, text);
	ll_train_log_mark(r->log, &j->state.log_bytes, &j->state.log_hash);
	j->state.data_id = (char *)(uintptr_t)r->data.id;
	j->state.tokenizer_id = (char *)(uintptr_t)ll_dataset_tokenizer_id(r->data.train);
	j->state.final = final;
	j->state.journal = ll_buf_str(&j->journal);
}

/* The rows of the log and of the tables beside it reach the disk before the checkpoint that counts on them. A run that goes on with a
 * smaller --keep, perhaps because the disk is full, makes room first. */
static void write_job(const struct job *j)
{
	ll_checkpoint_prune(j->dir, j->keep, j->pinned, j->since, j->milestone);
	ll_train_full_room(j->dir, j->bytes);
	ll_train_log_sync(j->log);
	ll_train_telemetry_sync(j->telemetry);
	ll_checkpoint_save(j->dir, &j->model, &j->optimizer, &j->state, j->tokenizer, j->eot);
	ll_checkpoint_prune(j->dir, j->keep, j->pinned, j->since, j->milestone);
}

static void *writer(void *context)
{
	struct ll_train_saver *v = context;
	pthread_mutex_lock(&v->lock);
	for (;;) {
		while (!v->busy && !v->closing)
			pthread_cond_wait(&v->changed, &v->lock);
		if (!v->busy)
			break;
		pthread_mutex_unlock(&v->lock);
		write_job(&v->job);
		pthread_mutex_lock(&v->lock);
		v->busy = false;
		pthread_cond_broadcast(&v->changed);
	}
	pthread_mutex_unlock(&v->lock);
	return NULL;
}

/* ---- the copy ---- */

#define PIECE ((size_t)8 << 20) /* floats */

struct parts {
	const float *from[2];
	float *to[2];
	size_t n[2], pieces[2];
};

static void copy_piece(void *context, size_t i, int thread)
{
	const struct parts *p = context;
	size_t part = i >= p->pieces[0], at = (part ? i - p->pieces[0] : i) * PIECE;
	(void)thread;
	memcpy(p->to[part] + at, p->from[part] + at, LL_MIN(PIECE, p->n[part] - at) * sizeof(float));
}

static void freeze(struct ll_train_saver *v, struct ll_pool *pool)
{
	struct job *j = &v->job;
	struct parts p = { .from = { j->model.param, j->optimizer.state }, .to = { v->copy, v->copy + j->model.parameters },
			   .n = { j->model.parameters, j->optimizer.floats } };
	for (size_t i = 0; i < 2; i++)
		p.pieces[i] = (p.n[i] + PIECE - 1) / PIECE;
	LL_ASSERT((p.n[0] + p.n[1]) * sizeof(float) <= v->bytes);
	ll_pool_run(pool, p.pieces[0] + p.pieces[1], copy_piece, &p);
	j->model.param = p.to[0];
	j->optimizer.state = p.to[1];
}

/* ---- the loop's side ---- */

void ll_train_loop_save_wait(struct ll_train_loop *r)
{
	struct ll_train_saver *v = r->saver;
	pthread_mutex_lock(&v->lock);
	while (v->busy)
		pthread_cond_wait(&v->changed, &v->lock);
	pthread_mutex_unlock(&v->lock);
}

static bool is_saved(struct ll_train_loop *r, bool final)
{
	if (r->saved_step == r->state.step && r->state.final == final)
		return true;
	r->saved_step = r->state.step;
	return false;
}

void ll_train_loop_save(struct ll_train_loop *r, bool final)
{
	ll_train_loop_save_wait(r);
	if (is_saved(r, final))
		return;
	describe(r, final, &r->saver->job);
	write_job(&r->saver->job);
}

void ll_train_loop_save_beside(struct ll_train_loop *r)
{
	struct ll_train_saver *v = r->saver;
	if (!v->copy) {
		ll_train_loop_save(r, false);
		return;
	}
	ll_train_loop_save_wait(r);
	if (is_saved(r, false))
		return;
	describe(r, false, &v->job);
	freeze(v, r->trainer.pool);
	pthread_mutex_lock(&v->lock);
	v->busy = true;
	pthread_cond_broadcast(&v->changed);
	pthread_mutex_unlock(&v->lock);
}

/* Signals are the other threads': here they would cut a wait short. */
static void begin_thread(struct ll_train_saver *v)
{
	static const int own[] = { SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGABRT };
	sigset_t most, before;
	sigfillset(&most);
	for (size_t i = 0; i < LL_COUNT(own); i++)
		sigdelset(&most, own[i]);
	pthread_sigmask(SIG_SETMASK, &most, &before);
	if (pthread_create(&v->thread, NULL, writer, v) != 0)
		ll_die(LL_EXIT_RESOURCE, "cannot start the thread that writes checkpoints");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void ll_train_saver_open(struct ll_train_loop *r)
{
	struct ll_train_saver *v = r->saver = ll_calloc(1, sizeof(*v));
	pthread_mutex_init(&v->lock, NULL);
	pthread_cond_init(&v->changed, NULL);
	uint64_t left = ll_memory_left(), wanted = (r->trainer.model->parameters + r->trainer.optimizer->floats) * sizeof(float);
	bool fits = left > LL_MIB && wanted <= left; /* 1 MiB is what it says at the least */
	if (!ll_train_save_copy_wanted(&r->settings) || !(fits || strcmp(r->settings.async_save, "always") == 0))
		return;
	v->bytes = wanted;
	ll_memory_claim(v->bytes, "the copy that checkpoints are written from (--async-save)");
	v->copy = ll_alloc_aligned(64, v->bytes);
	begin_thread(v);
}

void ll_train_saver_close(struct ll_train_loop *r)
{
	struct ll_train_saver *v = r->saver;
	ll_train_loop_save_wait(r);
	pthread_mutex_lock(&v->lock);
	v->closing = true;
	pthread_cond_broadcast(&v->changed);
	pthread_mutex_unlock(&v->lock);
	if (v->copy) {
		pthread_join(v->thread, NULL);
		ll_memory_release(v->bytes);
		ll_free(v->copy);
	}
	pthread_cond_destroy(&v->changed);
	pthread_mutex_destroy(&v->lock);
	ll_buf_free(&v->job.journal);
	ll_free(v);
	r->saver = NULL;
}
