/* SPDX-License-Identifier: MIT */
/* ops_pointwise.h - activations, embeddings, sums and dropout (ops_impl.h). */

struct act_job {
	enum ll_op_act kind;
	real *out;
	const real *in, *dout;
	int64_t M, F;
};

#define GELU_A ((real)0.7978845608028654) /* sqrt(2 / pi) */
#define GELU_B ((real)0.044715)

/* Values and derivatives; the kind is constant in each loop that calls them, so that the loops vectorise. */
static inline real act_value(enum ll_op_act kind, real x)
{
	switch (kind) {
	case LL_OP_RELU:
		return x > 0 ? x : 0;
	case LL_OP_GELU_TANH:
		return (real)0.5 * x * (1 + real_tanh(GELU_A * (x + GELU_B * x * x * x)));
	case LL_OP_SWIGLU:
		return x / (1 + real_exp(-x));
	default: /* Hendrycks and Gimpel 2016, exact */
		return (real)0.5 * x * (1 + (real)(IS_FLOAT ? (double)erff((float)x * 0.70710678f) : erf((double)x * 0.70710678118654752)));
	}
}

static inline real act_slope(enum ll_op_act kind, real x)
{
	switch (kind) {
	case LL_OP_RELU:
		return x > 0 ? 1 : 0;
	case LL_OP_GELU_TANH: {
		real t = real_tanh(GELU_A * (x + GELU_B * x * x * x));
		return (real)0.5 * (1 + t) + (real)0.5 * x * (1 - t * t) * GELU_A * (1 + 3 * GELU_B * x * x);
	}
	case LL_OP_SWIGLU: {
		real s = 1 / (1 + real_exp(-x));
		return s * (1 + x * (1 - s));
	}
	default: {
		real cdf = (real)0.5 * (1 + (real)(IS_FLOAT ? (double)erff((float)x * 0.70710678f) : erf((double)x * 0.70710678118654752)));
		return cdf + x * (real)0.3989422804014327 * real_exp((real)-0.5 * x * x);
	}
	}
}

static inline bool is_gated(enum ll_op_act kind)
{
	return kind == LL_OP_SWIGLU || kind == LL_OP_GEGLU;
}

static inline __attribute__((always_inline)) void act_row(enum ll_op_act kind, real *out, const real *in, int64_t F)
{
	for (int64_t i = 0; i < F; i++)
		out[i] = is_gated(kind) ? act_value(kind, in[i]) * in[F + i] : act_value(kind, in[i]);
}

static inline __attribute__((always_inline)) void act_back_row(enum ll_op_act kind, real *din, const real *dout, const real *in, int64_t F)
{
	for (int64_t i = 0; i < F; i++) {
		real d = dout[i] * act_slope(kind, in[i]);
		if (is_gated(kind)) {
			din[F + i] = dout[i] * act_value(kind, in[i]);
			d *= in[F + i];
		}
		din[i] = d;
	}
}

#define FOR_EACH_KIND(call)                                                                                                       \
	switch (j->kind) {                                                                                                        \
	case LL_OP_GELU: call(LL_OP_GELU); break;                                                                                 \
	case LL_OP_GELU_TANH: call(LL_OP_GELU_TANH); break;                                                                       \
	case LL_OP_RELU: call(LL_OP_RELU); break;                                                                                 \
	case LL_OP_SWIGLU: call(LL_OP_SWIGLU); break;                                                                             \
	case LL_OP_GEGLU: call(LL_OP_GEGLU); break;                                                                               \
	}

static void act_task(void *context, size_t task, int thread)
{
	const struct act_job *j = context;
	(void)thread;
	int64_t width = is_gated(j->kind) ? 2 * j->F : j->F, end = LL_MIN(j->M, ((int64_t)task + 1) * ROWS);
	for (int64_t r = (int64_t)task * ROWS; r < end; r++) {
#define CALL(kind) act_row(kind, j->out + r * j->F, j->in + r * width, j->F)
		FOR_EACH_KIND(CALL)
#undef CALL
	}
}

static void act(struct ll_pool *pool, enum ll_op_act kind, real *out, const real *in, int64_t M, int64_t F)
{
	struct act_job j = { kind, out, in, NULL, M, F };
	ll_pool_run(pool, (size_t)ceil_div(M, ROWS), act_task, &j);
}

static void act_back_task(void *context, size_t task, int thread)
{
	const struct act_job *j = context;
	(void)thread;
	int64_t width = is_gated(j->kind) ? 2 * j->F : j->F, end = LL_MIN(j->M, ((int64_t)task + 1) * ROWS);
	for (int64_t r = (int64_t)task * ROWS; r < end; r++) {
#define CALL(kind) act_back_row(kind, j->out + r * width, j->dout + r * j->F, j->in + r * width, j->F)
		FOR_EACH_KIND(CALL)
#undef CALL
	}
}

static void act_back(struct ll_pool *pool, enum ll_op_act kind, real *din, const real *dout, const real *in, int64_t M, int64_t F)
{
	struct act_job j = { kind, din, in, dout, M, F };
	ll_pool_run(pool, (size_t)ceil_div(M, ROWS), act_back_task, &j);
}

/* ---- embeddings ---- */

struct embed_job {
	real *out, *dwte, *dwpe;
	const real *wte, *wpe, *dout;
	const int32_t *tokens;
	int64_t M, T, C, first;
};

static void embed_task(void *context, size_t task, int thread)
{
	const struct embed_job *j = context;
	(void)thread;
	int64_t C = j->C, end = LL_MIN(j->M, ((int64_t)task + 1) * ROWS);
	for (int64_t r = (int64_t)task * ROWS; r < end; r++) {
		real *out = j->out + r * C;
		const real *e = j->wte ? j->wte + j->tokens[r] * C : out, *p = j->wpe ? j->wpe + (j->first + r % j->T) * C : NULL;
		for (int64_t c = 0; c < C; c++)
			out[c] = p ? e[c] + p[c] : e[c];
	}
}

static void embed(struct ll_pool *pool, real *out, const int32_t *tokens, const real *wte, const real *wpe, int64_t M, int64_t T,
		  int64_t C, int64_t first)
{
	struct embed_job j = { .out = out, .wte = wte, .wpe = wpe, .tokens = tokens, .M = M, .T = T, .C = C, .first = first };
	ll_pool_run(pool, (size_t)ceil_div(M, ROWS), embed_task, &j);
}

/* A task owns a slice of columns and walks all rows in order: no two tasks add to one number. */
static void embed_back_task(void *context, size_t task, int thread)
{
	const struct embed_job *j = context;
	(void)thread;
	int64_t C = j->C, c0 = (int64_t)task * 64, c1 = LL_MIN(C, c0 + 64);
	for (int64_t r = 0; r < j->M; r++) {
		real *e = j->dwte ? j->dwte + j->tokens[r] * C : NULL, *p = j->dwpe ? j->dwpe + r % j->T * C : NULL;
		const real *d = j->dout + r * C;
		for (int64_t c = c0; e && c < c1; c++)
			e[c] += d[c];
		for (int64_t c = c0; p && c < c1; c++)
			p[c] += d[c];
	}
}

static void embed_back(struct ll_pool *pool, real *dwte, real *dwpe, const real *dout, const int32_t *tokens, int64_t M, int64_t T,
		       int64_t C)
{
	struct embed_job j = { .dwte = dwte, .dwpe = dwpe, .dout = dout, .tokens = tokens, .M = M, .T = T, .C = C };
	ll_pool_run(pool, (size_t)ceil_div(C, 64), embed_back_task, &j);
}

/* ---- sums and dropout ---- */

struct add_job {
	real *out;
	const real *a, *b;
	int64_t n;
};

static void add_task(void *context, size_t task, int thread)
{
	const struct add_job *j = context;
	(void)thread;
	real *out = j->out;
	const real *a = j->a, *b = j->b;
	int64_t end = LL_MIN(j->n, ((int64_t)task + 1) * 16384);
	for (int64_t i = (int64_t)task * 16384; i < end; i++)
		out[i] = a[i] + b[i];
}

static void add(struct ll_pool *pool, real *out, const real *a, const real *b, int64_t n)
{
	struct add_job j = { out, a, b, n };
	ll_pool_run(pool, (size_t)ceil_div(n, 16384), add_task, &j);
}

struct copy_rows_job {
	real *out;
	const real *in;
	int64_t out_stride, in_stride, M, C;
};

static void copy_rows_task(void *context, size_t task, int thread)
{
	const struct copy_rows_job *j = context;
	(void)thread;
	int64_t end = LL_MIN(j->M, ((int64_t)task + 1) * ROWS);
	for (int64_t r = (int64_t)task * ROWS; r < end; r++)
		memcpy(j->out + r * j->out_stride, j->in + r * j->in_stride, (size_t)j->C * sizeof(real));
}

static void copy_rows(struct ll_pool *pool, real *out, int64_t out_stride, const real *in, int64_t in_stride, int64_t M, int64_t C)
{
	struct copy_rows_job j = { out, in, out_stride, in_stride, M, C };
	ll_pool_run(pool, (size_t)ceil_div(M, ROWS), copy_rows_task, &j);
}

struct scale_job {
	real *x, factor;
	int64_t n;
};

static void scale_task(void *context, size_t task, int thread)
{
	const struct scale_job *j = context;
	(void)thread;
	real *x = j->x, factor = j->factor;
	int64_t end = LL_MIN(j->n, ((int64_t)task + 1) * 16384);
	for (int64_t i = (int64_t)task * 16384; i < end; i++)
		x[i] *= factor;
}

static void scale(struct ll_pool *pool, real *x, double factor, int64_t n)
{
	struct scale_job j = { x, (real)factor, n };
	ll_pool_run(pool, (size_t)ceil_div(n, 16384), scale_task, &j);
}

struct dropout_job {
	real *x, keep;
	uint32_t key[2], step, threshold;
	uint64_t first;
	int64_t M, T, C;
};

static void dropout_task(void *context, size_t task, int thread)
{
	const struct dropout_job *j = context;
	(void)thread;
	int64_t end = LL_MIN(j->M, ((int64_t)task + 1) * ROWS);
	for (int64_t r = (int64_t)task * ROWS; r < end; r++)
		for (int64_t c = 0; c < j->C; c += 4) {
			uint32_t counter[4] = { (uint32_t)(r % j->T * ceil_div(j->C, 4) + c / 4), (uint32_t)(j->first + (uint64_t)(r / j->T)),
						(uint32_t)((j->first + (uint64_t)(r / j->T)) >> 32), j->step }, word[4];
			ll_philox(counter, j->key, word);
			for (int64_t k = 0; k < 4 && c + k < j->C; k++)
				j->x[r * j->C + c + k] *= word[k] < j->threshold ? 0 : j->keep;
		}
}

static void dropout(struct ll_pool *pool, real *x, double p, uint64_t seed, uint64_t site, uint64_t step, uint64_t first, int64_t M,
		    int64_t T, int64_t C)
{
	uint64_t key = ll_random64(seed, 0x64726f70, site);
	struct dropout_job j = { .x = x, .keep = (real)(1 / (1 - p)), .key = { (uint32_t)key, (uint32_t)(key >> 32) },
				 .step = (uint32_t)step, .threshold = (uint32_t)(p * 4294967296.0), .first = first, .M = M, .T = T, .C = C };
	ll_pool_run(pool, (size_t)ceil_div(M, ROWS), dropout_task, &j);
}
