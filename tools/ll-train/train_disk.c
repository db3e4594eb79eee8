/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_disk.h"

#include <sys/statvfs.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "ll-train/train_guard.h"
#include "lm/checkpoint.h"

/* The checkpoints that a run will have made when it is done. */
struct all {
	const struct ll_train_settings *s;
	uint64_t from, last;   /* of what is left of it: due steps in (from, last], and the last one */
	uint64_t *there;       /* ascending, of steps up to `from`: */
	size_t there_n, bytes_n; /* so many, of which so many take disk already */
	uint64_t pinned;
};

/* Multiples of `every` in [from, to], from above 0; of 0 there are none. */
static uint64_t multiples(uint64_t every, uint64_t from, uint64_t to)
{
	return every && to >= from ? to / every - (from - 1) / every : 0;
}

/* The least common multiple, or 0 when that is beyond every run. */
static uint64_t common(uint64_t a, uint64_t b)
{
	uint64_t x = a, y = b, product;
	while (y) {
		uint64_t rest = x % y;
		x = y;
		y = rest;
	}
	return x && !__builtin_mul_overflow(a / x, b, &product) ? product : 0;
}

/* How many of them are of `step` or later. */
static uint64_t since(const struct all *a, uint64_t step)
{
	uint64_t save = (uint64_t)a->s->save_every, milestone = (uint64_t)a->s->milestone_every, from = LL_MAX(a->from + 1, step), n = 0;
	for (size_t i = a->there_n; i-- > 0 && a->there[i] >= step;)
		n++;
	if (a->last >= step && (a->last > a->from ? !ll_train_save_due(a->s, a->last) : a->there_n == 0))
		n++;
	return n + multiples(save, from, a->last) + multiples(milestone, from, a->last) - multiples(common(save, milestone), from, a->last);
}

/* Those before `step` that stay for good. */
static uint64_t milestones(const struct all *a, uint64_t step)
{
	uint64_t milestone = (uint64_t)a->s->milestone_every, n = 0;
	for (size_t i = 0; i < a->there_n && a->there[i] < step; i++)
		n += a->there[i] == a->pinned || ll_checkpoint_due(milestone, a->there[i]);
	return n + (step > a->from ? multiples(milestone, a->from + 1, step - 1) : 0);
}

/* All before the step that this is are removed by --keep=N when the run is done, milestones apart; 0: none. */
static uint64_t removed_before(const struct all *a, uint64_t keep)
{
	uint64_t low = 0, high = a->last;
	if (keep == 0)
		return 0;
	while (low < high) { /* the first step since which there are no more than that */
		uint64_t middle = low + (high - low) / 2;
		if (since(a, middle) <= keep)
			high = middle;
		else
			low = middle + 1;
	}
	return LL_MIN(low, ll_train_guard_anchor_planned(a->s, a->last));
}

static uint64_t room_of(const char *run)
{
	struct statvfs fs;
	char *path = ll_strdup(run);
	int rc = -1;
	for (size_t len = strlen(path);; path[len] = '\0') { /* the folder, or the nearest above it that is there */
		rc = statvfs(len ? path : *run == '/' ? "/" : ".", &fs);
		if (rc == 0 || len == 0)
			break;
		while (len > 0 && path[len - 1] != '/')
			len--;
		while (len > 0 && path[len - 1] == '/')
			len--;
	}
	ll_free(path);
	return rc < 0 ? UINT64_MAX : (uint64_t)fs.f_bavail * fs.f_frsize;
}

static struct ll_train_disk plan_with(const struct ll_train_settings *s, const struct all *a, uint64_t keep)
{
	struct ll_train_disk d = { .room = UINT64_MAX };
	uint64_t state, before = removed_before(a, keep);
	ll_optimizer_plan(ll_optimizer_kind(s->optimizer), &s->model, s->momentum > 0, &state);
	d.checkpoint = ll_lm_config_parameters(&s->model) * sizeof(float) + state;
	d.standing = since(a, before) + milestones(a, before);
	uint64_t most = d.standing + (since(a, 0) > d.standing); /* one is removed when the last is written */
	d.more = most > a->bytes_n ? (most - a->bytes_n) * d.checkpoint : 0;
	return d;
}

static struct all all_of(const struct ll_train_course *c, const char *run, uint64_t from, bool going_on)
{
	struct all a = { .s = &c->now, .from = from, .last = (uint64_t)c->now.steps, .pinned = c->pinned };
	if (going_on) {
		a.there = ll_checkpoint_list(run, &a.there_n);
		a.bytes_n = a.there_n;
	} else if (c->now.fork) { /* its first step is saved at once */
		a.there = ll_calloc(1, sizeof(*a.there));
		a.there[a.there_n++] = from;
	}
	return a;
}

struct ll_train_disk ll_train_disk_plan(const struct ll_train_course *c, const char *run, uint64_t from, bool going_on)
{
	struct all a = all_of(c, run, from, going_on);
	struct ll_train_disk d = plan_with(&c->now, &a, (uint64_t)c->now.keep);
	if (strcmp(run, "-") != 0)
		d.room = room_of(run);
	ll_free(a.there);
	return d;
}

/* The most checkpoints that may be kept, or 0. */
static uint64_t keep_that_fits(const struct all *a, uint64_t room)
{
	uint64_t low = 0, high = a->s->keep ? (uint64_t)a->s->keep - 1 : since(a, 0);
	while (low < high) {
		uint64_t middle = low + (high - low + 1) / 2;
		if (plan_with(a->s, a, middle).more <= room)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

void ll_train_disk_check(const struct ll_train_course *c, const char *run, uint64_t from, bool going_on, bool waits)
{
	char need[16], have[16];
	struct ll_buf advice = { 0 };
	struct ll_train_disk d = ll_train_disk_plan(c, run, from, going_on);
	if (d.room >= d.more)
		return;
	struct all a = all_of(c, run, from, going_on);
	uint64_t keep = keep_that_fits(&a, d.room);
	if (keep)
		ll_buf_printf(&advice, "; --keep=%llu needs %s", (unsigned long long)keep, ll_human_bytes(need, (double)plan_with(a.s, &a, keep).more));
	ll_warn("%s: checkpoints need %s of disk, %s are there: not enough%s%s", run, ll_human_bytes(need, (double)d.more), ll_human_bytes(have, (double)d.room),
		ll_buf_cstr(&advice), waits ? "; the run will wait for room" : "");
	ll_buf_free(&advice);
	ll_free(a.there);
}
