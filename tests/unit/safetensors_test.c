/* SPDX-License-Identifier: MIT */
/* safetensors: written and read back, every refusal, and no crash over cuts and flips. */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/file.h"
#include "lm/safetensors.h"

static struct ll_buf file_of(const char *header, size_t data)
{
	struct ll_buf b = { 0 };
	ll_buf_put64(&b, strlen(header));
	ll_buf_puts(&b, header);
	for (size_t i = 0; i < data; i++)
		ll_buf_putc(&b, (char)i);
	return b;
}

static void refused(const char *header, size_t data, const char *why)
{
	struct ll_buf b = file_of(header, data);
	struct ll_safetensors s;
	struct ll_err err = { "" };
	ok(ll_safetensors_parse(ll_buf_str(&b), &s, &err) < 0 && strstr(err.text, why), "refused: %s", why);
	if (!strstr(err.text, why))
		diag("", "%s", err.text);
	ll_buf_free(&b);
}

#define ENTRY(shape, offsets) "\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets

static void test_refusals(void)
{
	refused("[]", 0, "begin with {");
	refused("{\"a\":{" ENTRY("[2]", "[0,8]") "}", 8, "byte");
	refused("{\"a\":{" ENTRY("[2]", "[0,8]") "},\"a\":{" ENTRY("[2]", "[0,8]") "}}", 8, "second time");
	refused("{\"a\":{" ENTRY("[2]", "[0,8]") "}}", 9, "after the last tensor");
	refused("{\"a\":{" ENTRY("[2]", "[0,8]") "}}", 7, "cut");
	refused("{\"a\":{" ENTRY("[2]", "[0,12]") "}}", 12, "do not fit");
	refused("{\"a\":{" ENTRY("[2]", "[8,0]") "}}", 8, "do not fit");
	refused("{\"a\":{" ENTRY("[2]", "[4,12]") "}}", 12, "hole");
	refused("{\"a\":{" ENTRY("[2]", "[0,8]") "},\"b\":{" ENTRY("[2]", "[4,12]") "}}", 12, "overlaps");
	refused("{\"a\":{" ENTRY("[-2]", "[0,8]") "}}", 8, "not a shape");
	refused("{\"a\":{" ENTRY("[4294967296,4294967296,4294967296]", "[0,8]") "}}", 8, "not a shape");
	refused("{\"a\":{" ENTRY("[4611686018427387904]", "[0,0]") "}}", 0, "not a shape");
	refused("{\"a\":{" ENTRY("[2.0]", "[0,8]") "}}", 8, "not a shape");
	refused("{\"a\":{" ENTRY("[1,1,1,1,1,1,1,1,2]", "[0,8]") "}}", 8, "dimensions");
	refused("{\"a\":{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "dtype");
	refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "missing");
	refused("{\"a\":{" ENTRY("[2]", "[0,8]") ",\"x\":1}}", 8, "unknown member");
	refused("{\"a\":7}", 0, "missing");
	refused("{\"__metadata__\":[]}", 0, "__metadata__");
	struct ll_safetensors s;
	struct ll_buf huge = { 0 };
	ll_buf_put64(&huge, (uint64_t)1 << 62);
	ll_buf_puts(&huge, "{}");
	ok(ll_safetensors_parse(ll_buf_str(&huge), &s, NULL) < 0, "refused: a header longer than the file");
	ll_buf_free(&huge);
}

static void test_dtypes(void)
{
	/* F16: 1, -2, smallest subnormal, largest, infinity; BF16: 1, -2.5. */
	static const unsigned char bytes[] = { 0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0xff,
					       0x7b, 0x00, 0x7c, 0x80, 0x3f, 0x20, 0xc0 };
	static const char header[] = "{\"h\":{\"dtype\":\"F16\",\"shape\":[5],\"data_offsets\":[0,10]},"
				     "\"b\":{\"dtype\":\"BF16\",\"shape\":[1,2],\"data_offsets\":[10,14]}}   ";
	struct ll_buf b = file_of(header, 0);
	struct ll_safetensors s;
	float f[5];
	ll_buf_add(&b, bytes, sizeof(bytes));
	bool good = ll_safetensors_parse(ll_buf_str(&b), &s, NULL) == 0;
	ok(good && s.n == 2 && ll_safetensors_find(&s, "b")->dims == 2 && !ll_safetensors_find(&s, "x"), "two tensors");
	good = ll_safetensor_f32(ll_safetensors_find(&s, "h"), f, NULL) == 0;
	ok(good && f[0] == 1 && f[1] == -2 && f[2] == 0x1p-24f && f[3] == 65504 && isinf(f[4]), "F16");
	good = ll_safetensor_f32(ll_safetensors_find(&s, "b"), f, NULL) == 0;
	ok(good && f[0] == 1 && f[1] == -2.5f, "BF16");
	ll_safetensors_free(&s);
	ll_buf_free(&b);
}

static void test_round_trip(void)
{
	static const float a[6] = { 1, 2, 3, 4, 5, 6 }, v[3] = { -0.0f, 0x1p-149f, 3.4e38f };
	const struct ll_safetensor_source t[] = {
		{ "plain", 2, { 2, 3 }, a, false, 0, 0 },
		{ "turned \"q\"", 2, { 2, 3 }, a, true, 0, 0 },
		{ "v", 1, { 3, 0 }, v, false, 0, 0 },
	};
	struct ll_out *out = ll_out_open("t.safetensors", 0);
	struct ll_hash128_state *hash = ll_hash128_new();
	struct ll_safetensors s;
	struct ll_err err;
	float f[6];
	ll_safetensors_write(out, hash, t, 3);
	ll_out_commit(out);
	struct ll_buf b = ll_read_file("t.safetensors", LL_MIB);
	ok(ll_id_eq(ll_hash128_digest(hash), ll_hash128(b.data, b.len)), "the hash is that of the file");
	ok(ll_get64(b.data) % 64 == 56, "the data starts at a multiple of 64");
	if (!ok(ll_safetensors_parse(ll_buf_str(&b), &s, &err) == 0, "reads back"))
		diag("", "%s", err.text);
	bool good = ll_safetensor_f32(ll_safetensors_find(&s, "plain"), f, NULL) == 0;
	ok(good && memcmp(f, a, sizeof(a)) == 0, "plain");
	const struct ll_safetensor *turned = ll_safetensors_find(&s, "turned \"q\"");
	good = turned && ll_safetensor_f32(turned, f, NULL) == 0;
	ok(good && turned->shape[0] == 3 && turned->shape[1] == 2 && f[0] == 1 && f[1] == 4 && f[2] == 2 && f[5] == 6,
	   "transposed");
	good = ll_safetensor_f32(ll_safetensors_find(&s, "v"), f, NULL) == 0;
	ok(good && memcmp(f, v, sizeof(v)) == 0, "bits of odd values");
	ll_safetensors_free(&s);
	int cuts = 0;
	for (size_t n = 0; n < b.len; n++) {
		char *copy = ll_malloc(n + 1);
		memcpy(copy, b.data, n);
		cuts += ll_safetensors_parse(ll_str(copy, n), &s, &err) == 0;
		ll_free(copy);
	}
	ok(cuts == 0, "every cut is refused");
	for (size_t i = 0; i < b.len * 8;
	     i++) { /* a flip may pass here (hashes find it elsewhere); it must not crash */
		b.data[i / 8] = (char)(b.data[i / 8] ^ 1 << i % 8);
		if (ll_safetensors_parse(ll_buf_str(&b), &s, &err) == 0)
			ll_safetensors_free(&s);
		b.data[i / 8] = (char)(b.data[i / 8] ^ 1 << i % 8);
	}
	ok(true, "no flip crashes");
	ll_buf_free(&b);
	ll_hash128_free(hash);
	unlink("t.safetensors");
}

int main(void)
{
	test_refusals();
	test_dtypes();
	test_round_trip();
	return test_done();
}
