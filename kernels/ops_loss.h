/* SPDX-License-Identifier: MIT */
/* ops_loss.h - cross-entropy over rows of logits, with the gradient in place (ops_impl.h). */

struct loss_job {
	real *logits, *loss, *added, *log_z, scale, smoothing, z_loss;
	unsigned char *greedy;
	const int32_t *targets;
	int64_t M, V;
};

/* x becomes exp(x - max); returns the sum. */
static real exp_all(real *x, real max, int64_t n)
{
	wide sum = { 0 }, v;
	for (int64_t start = 0; start < n; start += 512) {
		int64_t end = LL_MIN(n, start + 512), i = start;
		for (int64_t k = start; k < end; k++)
			x[k] = real_exp(x[k] - max);
		for (; i + LANES <= end; i += LANES) {
			wide_load(&v, x + i);
			wide_add(&sum, &v);
		}
		wide_load_part(&v, x + i, end - i);
		wide_add(&sum, &v);
	}
	return wide_sum(&sum);
}

static void scale_and_shift(real *x, real factor, real shift, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		x[i] = x[i] * factor - shift;
}

static void loss_task(void *context, size_t r, int thread)
{
	const struct loss_job *j = context;
	(void)thread;
	real *x = j->logits + (int64_t)r * j->V;
	int32_t target = j->targets[r];
	j->loss[r] = j->added[r] = j->log_z[r] = 0;
	if (j->greedy)
		j->greedy[r] = 0;
	if (target < 0) {
		if (j->scale != 0)
			memset(x, 0, (size_t)j->V * sizeof(real));
		return;
	}
	real max = max_of(x, j->V), at_target = x[target], mean = j->smoothing != 0 ? sum_of(x, j->V) / (real)j->V : 0;
	if (j->greedy) {
		int64_t best = 0;
		while (x[best] != max && best + 1 < j->V)
			best++;
		j->greedy[r] = best == target;
	}
	real sum = exp_all(x, max, j->V), log_z = (real)log((double)sum) + max;
	j->log_z[r] = log_z;
	j->loss[r] = log_z - at_target;
	j->added[r] = j->smoothing * (at_target - mean) + j->z_loss * log_z * log_z;
	if (j->scale == 0)
		return;
	real factor = j->scale * (1 + 2 * j->z_loss * log_z) / sum, share = j->scale * j->smoothing / (real)j->V;
	scale_and_shift(x, factor, share, j->V);
	x[target] -= j->scale * (1 - j->smoothing);
}

static void cross_entropy(struct ll_pool *pool, const struct ll_op_loss *s, real *logits, real *loss, real *added, real *log_z,
			  unsigned char *greedy, const int32_t *targets, int64_t M, int64_t V, real scale)
{
	struct loss_job j = { .logits = logits, .loss = loss, .added = added, .log_z = log_z, .scale = scale, .smoothing = (real)s->smoothing,
			      .z_loss = (real)s->z_loss, .greedy = greedy, .targets = targets, .M = M, .V = V };
	ll_pool_run(pool, (size_t)M, loss_task, &j);
}
