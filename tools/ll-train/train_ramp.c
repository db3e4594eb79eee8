/* SPDX-License-Identifier: MIT */
#include "ll-train/train_ramp.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

struct ramp {
	int64_t start, increment, samples;
};

/* Of a number of samples or, less than 0, tokens. */
static int64_t samples_of(const struct ll_train_settings *s, int64_t n)
{
	return n >= 0 ? n : -n / s->seq_len + (-n % s->seq_len != 0);
}

static bool read(const struct ll_train_settings *s, struct ramp *r)
{
	char *copy = ll_strdup(s->batch_ramp), *rest = copy;
	const char *start = strsep(&rest, ","), *increment = rest ? strsep(&rest, ",") : "", *samples = rest ? rest : "";
	bool good = ll_parse_i64(ll_cstr(start), &r->start) == 0 && ll_parse_i64(ll_cstr(increment), &r->increment) == 0 &&
		    ll_train_parse_steps(samples, &r->samples) == 0 && r->start > 0 && r->increment > 0 && r->samples != 0;
	r->samples = samples_of(s, r->samples);
	ll_free(copy);
	return good;
}

/* The start nearest to the one asked for from which increments reach the batch. */
static int64_t nearest_start(const struct ll_train_settings *s, const struct ramp *r)
{
	int64_t rest = s->batch % r->increment, below = r->start - ((r->start - rest) % r->increment + r->increment) % r->increment;
	int64_t above = below + r->increment;
	return below < 1 || (above <= s->batch && above - r->start < r->start - below) ? above : LL_MIN(below, s->batch);
}

struct ll_train_batch_change *ll_train_ramp(const struct ll_train_settings *s, size_t *n)
{
	struct ll_train_batch_change *change = ll_malloc(sizeof(*change));
	struct ramp r;
	*n = 1;
	change[0] = (struct ll_train_batch_change){ 0, s->batch };
	if (!s->batch_ramp)
		return change;
	if (!read(s, &r))
		ll_train_settings_refuse("batch-ramp", s->batch_ramp, "not START,INCREMENT,SAMPLES");
	if (r.start > s->batch || (s->batch - r.start) % r.increment)
		ll_train_settings_refuse("batch-ramp", s->batch_ramp, "%lld and increments of %lld do not come to a batch of %lld; from %lld they do",
		       (long long)r.start, (long long)r.increment, (long long)s->batch, (long long)nearest_start(s, &r));
	uint64_t rises = (uint64_t)((s->batch - r.start) / r.increment), taken = 0;
	change = ll_realloc(change, (rises + 1) * sizeof(*change));
	change[0].batch = r.start;
	for (uint64_t i = 1; i <= rises; i++) { /* the i-th rise comes with the first step that begins at i / rises of the samples */
		uint64_t batch = (uint64_t)change[*n - 1].batch;
		__extension__ unsigned __int128 at = (unsigned __int128)i * (uint64_t)r.samples;
		uint64_t from = (uint64_t)((at + rises - 1) / rises), steps = from > taken ? (from - taken + batch - 1) / batch : 0;
		taken += steps * batch;
		*n += steps > 0; /* a short part may have no step of its own */
		change[*n - 1] = (struct ll_train_batch_change){ change[*n - 1 - (steps > 0)].step + steps, r.start + (int64_t)i * r.increment };
	}
	return change;
}

uint64_t ll_train_ramp_samples(const struct ll_train_settings *s, uint64_t steps)
{
	size_t n;
	struct ll_train_batch_change *change = ll_train_ramp(s, &n);
	uint64_t samples = 0;
	for (size_t i = 0; i < n && change[i].step < steps; i++)
		samples += ((i + 1 < n ? LL_MIN(change[i + 1].step, steps) : steps) - change[i].step) * (uint64_t)change[i].batch;
	ll_free(change);
	return samples;
}

uint64_t ll_train_ramp_steps(const struct ll_train_settings *s, uint64_t samples)
{
	size_t n, i = 0;
	struct ll_train_batch_change *change = ll_train_ramp(s, &n);
	uint64_t taken = 0, steps;
	for (;; i++) {
		uint64_t batch = (uint64_t)change[i].batch, need = (samples - taken + batch - 1) / batch;
		steps = change[i].step + need;
		if (i + 1 == n || steps <= change[i + 1].step)
			break;
		taken += (change[i + 1].step - change[i].step) * batch;
	}
	ll_free(change);
	return steps;
}

int64_t ll_train_ramp_length(const struct ll_train_settings *s, uint64_t cursor)
{
	if (!s->seq_ramp)
		return s->seq_len;
	int64_t start, samples, doublings = 0, near = s->seq_len;
	const char *comma = strchr(s->seq_ramp, ',');
	if (!comma || ll_parse_i64(ll_str(s->seq_ramp, (size_t)(comma - s->seq_ramp)), &start) < 0 || start < 1 ||
	    ll_train_parse_steps(comma + 1, &samples) < 0 || samples == 0)
		ll_train_settings_refuse("seq-ramp", s->seq_ramp, "not START,SAMPLES");
	for (; near > start && near % 2 == 0; near /= 2)
		doublings++;
	if (near != start)
		ll_train_settings_refuse("seq-ramp", s->seq_ramp, "%lld does not double to a length of %lld; %lld does", (long long)start,
		       (long long)s->seq_len, (long long)near);
	samples = samples_of(s, samples);
	if (cursor >= (uint64_t)samples)
		return s->seq_len;
	__extension__ unsigned __int128 part = (unsigned __int128)cursor * (uint64_t)doublings;
	return start << (int)(part / (uint64_t)samples);
}
