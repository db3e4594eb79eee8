/* SPDX-License-Identifier: MIT */
/* gguf_elements.c - float32 as the types of a GGUF file (gguf_model.h). */
#include <math.h>

#include "lm/gguf_model.h"

#define BLOCK 32 /* of Q8_0 */

size_t ll_gguf_bytes(enum ll_gguf_tensor_type type, size_t n)
{
	return type == LL_GGML_F32 ? 4 * n : type == LL_GGML_Q8_0 ? n / BLOCK * (BLOCK + 2) : 2 * n;
}

static uint32_t bits_of(float x)
{
	uint32_t u;
	memcpy(&u, &x, 4);
	return u;
}

/* Round to nearest, ties to even; IEEE 754 binary16 with subnormals. */
static uint16_t half_of(float x)
{
	uint32_t u = bits_of(x), sign = u >> 16 & 0x8000, a = u & 0x7fffffff;
	if (a > 0x7f800000) /* not a number stays one */
		return (uint16_t)(sign | 0x7e00 | (a >> 13 & 0x3ff));
	if (a >= 0x477ff000) /* from 65520 on, and infinity */
		return (uint16_t)(sign | 0x7c00);
	if (a < 0x38800000) { /* below 2^-14: a multiple of 2^-24; adding 0.5 rounds there */
		float f;
		memcpy(&f, &a, 4);
		return (uint16_t)(sign | (bits_of(f + 0.5f) - bits_of(0.5f)));
	}
	a += 0xfff + (a >> 13 & 1);
	return (uint16_t)(sign | ((a - 0x38000000) >> 13));
}

static uint16_t bfloat_of(float x)
{
	uint32_t u = bits_of(x);
	if ((u & 0x7fffffff) > 0x7f800000)
		return (uint16_t)(u >> 16 | 64);
	return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

/* ggml-quants.c, quantize_row_q8_0_ref. */
static bool block_of(const float *x, unsigned char *out)
{
	float most = 0;
	bool finite = true;
	for (int i = 0; i < BLOCK; i++) {
		finite = finite && isfinite(x[i]);
		most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
	}
	float d = most / 127, inverse = d > 0 ? 1 / d : 0;
	uint16_t scale = half_of(d);
	ll_put16(out, scale);
	for (int i = 0; i < BLOCK; i++)
		out[2 + i] = (unsigned char)(signed char)(isfinite(x[i] * inverse) ? roundf(x[i] * inverse) : 0);
	return finite && scale < 0x7c00;
}

bool ll_gguf_convert(enum ll_gguf_tensor_type type, const float *x, size_t n, unsigned char *out)
{
	bool fits = true;
	switch (type) {
	case LL_GGML_F32:
		for (size_t i = 0; i < n; i++)
			ll_put32(out + 4 * i, bits_of(x[i]));
		break;
	case LL_GGML_F16:
		for (size_t i = 0; i < n; i++) {
			uint16_t h = half_of(x[i]);
			ll_put16(out + 2 * i, h);
			fits = fits && ((h & 0x7fff) != 0x7c00 || isinf(x[i]));
		}
		break;
	case LL_GGML_BF16:
		for (size_t i = 0; i < n; i++)
			ll_put16(out + 2 * i, bfloat_of(x[i]));
		break;
	case LL_GGML_Q8_0:
		for (size_t i = 0; i < n; i += BLOCK)
			fits &= block_of(x + i, out + i / BLOCK * (BLOCK + 2));
		break;
	}
	return fits;
}
