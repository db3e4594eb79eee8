/* SPDX-License-Identifier: MIT */
/* ops_loss.h - cross-entropy over rows of logits, with the gradient in place (ops_impl.h). */

struct loss_job {
	real *logits, *loss, *added, *log_z, scale, smoothing, z_loss;
	unsigned char *greedy;
	const int32_t *targets;
	int64_t M, V;
};

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
	real max = x[0], lane[LANES] = { 0 }, at_target = x[target], mean = j->smoothing != 0 ? sum_of(x, j->V) / (real)j->V : 0;
	for (int64_t i = 1; i < j->V; i++)
		max = x[i] > max ? x[i] : max;
	if (j->greedy) {
		int64_t best = 0;
		while (x[best] != max && best + 1 < j->V)
			best++;
		j->greedy[r] = best == target;
	}
	for (int64_t i = 0; i < j->V; i += LANES) {
		int64_t n = LL_MIN(LANES, j->V - i);
		if (n == LANES)
			for (int k = 0; k < LANES; k++)
				lane[k] += x[i + k] = real_exp(x[i + k] - max);
		else
			for (int64_t k = 0; k < n; k++)
				lane[k] += x[i + k] = real_exp(x[i + k] - max);
	}
	real sum = lanes_sum(lane), log_z = (real)log((double)sum) + max;
	j->log_z[r] = log_z;
	j->loss[r] = log_z - at_target;
	j->added[r] = j->smoothing * (at_target - mean) + j->z_loss * log_z * log_z;
	if (j->scale == 0)
		return;
	real factor = j->scale * (1 + 2 * j->z_loss * log_z) / sum, share = j->scale * j->smoothing / (real)j->V;
	for (int64_t i = 0; i < j->V; i++)
		x[i] = x[i] * factor - share;
	x[target] -= j->scale * (1 - j->smoothing);
}

static void cross_entropy(struct ll_pool *pool, const struct ll_op_loss *s, real *logits, real *loss, real *added, real *log_z,
			  unsigned char *greedy, const int32_t *targets, int64_t M, int64_t V, real scale)
{
	struct loss_job j = { .logits = logits, .loss = loss, .added = added, .log_z = log_z, .scale = scale, .smoothing = (real)s->smoothing,
			      .z_loss = (real)s->z_loss, .greedy = greedy, .targets = targets, .M = M, .V = V };
	ll_pool_run(pool, (size_t)M, loss_task, &j);
}
