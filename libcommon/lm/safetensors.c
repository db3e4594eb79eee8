/* SPDX-License-Identifier: MIT */
#include "lm/safetensors.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "base/memory.h"
#include "io/file.h"
#include "text/json.h"
#include "text/json_tree.h"

static const struct {
	const char *name;
	unsigned bits;
} dtypes[] = {
	{ "BOOL", 8 }, { "U8", 8 },   { "I8", 8 },   { "F8_E5M2", 8 }, { "F8_E4M3", 8 },
	{ "I16", 16 }, { "U16", 16 }, { "F16", 16 }, { "BF16", 16 },   { "I32", 32 },
	{ "U32", 32 }, { "F32", 32 }, { "F64", 64 }, { "I64", 64 },    { "U64", 64 },
};

static unsigned bits_of(const char *dtype)
{
	for (size_t i = 0; i < LL_COUNT(dtypes); i++)
		if (strcmp(dtypes[i].name, dtype) == 0)
			return dtypes[i].bits;
	return 0;
}

static int exact(struct json_object *o, uint64_t *out)
{
	int64_t v = json_object_is_type(o, json_type_int) ? json_object_get_int64(o) : -1;
	*out = (uint64_t)v;
	return v < 0 || v > (int64_t)1 << 53 ? -1 : 0;
}

static int parse_entry(const char *name, struct json_object *o, struct ll_safetensor *t, struct ll_err *err)
{
	static const char *const members[] = { "dtype", "shape", "data_offsets" };
	struct ll_err why = { "" };
	const char *dtype = ll_json_tree_string(o, "dtype", &why);
	struct json_object *shape = dtype ? ll_json_tree_array(o, "shape", &why) : NULL;
	struct json_object *offsets = shape ? ll_json_tree_array(o, "data_offsets", &why) : NULL;
	if (!offsets || ll_json_tree_only(o, members, LL_COUNT(members), &why) < 0)
		return ll_err_set(err, "tensor %.80s: %.120s", name, why.text);
	unsigned bits = bits_of(dtype);
	if (bits == 0)
		return ll_err_set(err, "tensor %.80s: unknown dtype %.20s", name, dtype);
	if (json_object_array_length(shape) > LL_SAFETENSORS_DIMS || json_object_array_length(offsets) != 2)
		return ll_err_set(err, "tensor %.80s: more than %d dimensions, or not two offsets", name,
				  LL_SAFETENSORS_DIMS);
	strcpy(t->dtype, dtype);
	t->name = ll_strdup(name);
	t->dims = (unsigned)json_object_array_length(shape);
	t->elements = 1;
	for (unsigned i = 0; i < t->dims; i++)
		if (exact(json_object_array_get_idx(shape, i), &t->shape[i]) < 0 ||
		    __builtin_mul_overflow(t->elements, t->shape[i], &t->elements))
			return ll_err_set(err, "tensor %.80s: not a shape", name);
	uint64_t bytes;
	if (exact(json_object_array_get_idx(offsets, 0), &t->begin) < 0 ||
	    exact(json_object_array_get_idx(offsets, 1), &t->end) < 0 || t->end < t->begin ||
	    __builtin_mul_overflow(t->elements, (uint64_t)(bits / 8), &bytes) || t->end - t->begin != bytes)
		return ll_err_set(err, "tensor %.80s: its offsets do not fit its shape", name);
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct ll_safetensor *x = a, *y = b;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* No hole, no overlap, nothing behind the last. */
static int check_places(struct ll_safetensors *s, const unsigned char *buffer, uint64_t len, struct ll_err *err)
{
	uint64_t at = 0;
	qsort(s->tensor, s->n, sizeof(*s->tensor), by_place);
	for (size_t i = 0; i < s->n; i++) {
		struct ll_safetensor *t = &s->tensor[i];
		if (t->begin != at)
			return ll_err_set(err, "tensor %.80s: %s", t->name,
					  t->begin < at ? "overlaps another" : "a hole before it");
		if (t->end > len)
			return ll_err_set(err, "tensor %.80s: ends at byte %llu of %llu: the file is cut", t->name,
					  (unsigned long long)t->end, (unsigned long long)len);
		t->data = buffer + t->begin;
		at = t->end;
	}
	if (at != len)
		return ll_err_set(err, "%llu bytes after the last tensor", (unsigned long long)(len - at));
	return 0;
}

static int parse_header(struct json_object *header, struct ll_safetensors *out, struct ll_err *err)
{
	out->tensor = ll_calloc((size_t)json_object_object_length(header) + 1, sizeof(*out->tensor));
	json_object_object_foreach(header, name, entry)
	{
		if (strcmp(name, "__metadata__") == 0) {
			if (!json_object_is_type(entry, json_type_object))
				return ll_err_set(err, "__metadata__ is not an object");
			continue;
		}
		if (parse_entry(name, entry, &out->tensor[out->n++], err) < 0)
			return -1;
	}
	return 0;
}

int ll_safetensors_parse(struct ll_str bytes, struct ll_safetensors *out, struct ll_err *err)
{
	*out = (struct ll_safetensors){ 0 };
	if (bytes.len < 10)
		return ll_err_set(err, "%zu bytes are no safetensors file", bytes.len);
	uint64_t n = ll_get64(bytes.data);
	if (n > LL_SAFETENSORS_HEADER_MAX || n > bytes.len - 8)
		return ll_err_set(err, "a header of %llu bytes in a file of %zu", (unsigned long long)n, bytes.len);
	if (n < 2 || bytes.data[8] != '{')
		return ll_err_set(err, "the header does not begin with {");
	struct json_object *header = ll_json_tree_parse(ll_str(bytes.data + 8, n), err);
	if (!header)
		return -1;
	int rc = parse_header(header, out, err);
	if (rc == 0)
		rc = check_places(out, (const unsigned char *)bytes.data + 8 + n, bytes.len - 8 - n, err);
	json_object_put(header);
	if (rc < 0)
		ll_safetensors_free(out);
	return rc;
}

void ll_safetensors_free(struct ll_safetensors *s)
{
	for (size_t i = 0; i < s->n; i++)
		ll_free(s->tensor[i].name);
	ll_free(s->tensor);
	*s = (struct ll_safetensors){ 0 };
}

const struct ll_safetensor *ll_safetensors_find(const struct ll_safetensors *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->tensor[i].name, name) == 0)
			return &s->tensor[i];
	return NULL;
}

static float from_bits(uint32_t bits)
{
	float f;
	memcpy(&f, &bits, sizeof(f));
	return f;
}

static float from_half(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 1023;
	if (exponent == 31)
		return from_bits(sign | 0x7f800000u | fraction << 13);
	if (exponent == 0) { /* subnormal: fraction * 2^-24, exact in float32 */
		float f = (float)fraction * 0x1p-24f;
		return sign ? -f : f;
	}
	return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

int ll_safetensor_f32(const struct ll_safetensor *t, float *out, struct ll_err *err)
{
	const unsigned char *p = t->data;
	if (strcmp(t->dtype, "F32") == 0) {
		for (uint64_t i = 0; i < t->elements; i++)
			out[i] = from_bits(ll_get32(p + 4 * i));
	} else if (strcmp(t->dtype, "BF16") == 0) {
		for (uint64_t i = 0; i < t->elements; i++)
			out[i] = from_bits((uint32_t)ll_get16(p + 2 * i) << 16);
	} else if (strcmp(t->dtype, "F16") == 0) {
		for (uint64_t i = 0; i < t->elements; i++)
			out[i] = from_half(ll_get16(p + 2 * i));
	} else {
		return ll_err_set(err, "tensor %.80s: dtype %s cannot be a weight here (F32, F16 and BF16 can)",
				  t->name, t->dtype);
	}
	return 0;
}

/* ---- writing ---- */

static void put(struct ll_out *out, struct ll_hash128_state *hash, const void *data, size_t len)
{
	ll_out_write(out, data, len);
	if (hash)
		ll_hash128_update(hash, data, len);
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
void ll_put_floats(struct ll_out *out, struct ll_hash128_state *hash, const float *data, size_t n)
{
	const size_t most = LL_MIB; /* hashed while it is near */
	for (size_t i = 0, len; i < n; i += len) {
		len = LL_MIN(n - i, most);
		put(out, hash, data + i, len * sizeof(*data));
	}
}
#else
void ll_put_floats(struct ll_out *out, struct ll_hash128_state *hash, const float *data, size_t n)
{
	unsigned char bytes[16384];
	for (size_t i = 0; i < n;) {
		size_t len = 0;
		for (; i < n && len < sizeof(bytes); i++, len += 4) {
			uint32_t bits;
			memcpy(&bits, &data[i], 4);
			ll_put32(bytes + len, bits);
		}
		put(out, hash, bytes, len);
	}
}
#endif

/* As many columns at a time as share a cache line. */
static void put_transposed(struct ll_out *out, struct ll_hash128_state *hash, const float *data, size_t rows, size_t columns)
{
	enum { SIDE = 16 };
	float *turned = ll_malloc(SIDE * rows * sizeof(*turned));
	for (size_t c = 0, width; c < columns; c += width) {
		width = LL_MIN(columns - c, SIDE);
		for (size_t r = 0; r < rows; r++)
			for (size_t i = 0; i < width; i++)
				turned[i * rows + r] = data[r * columns + c + i];
		ll_put_floats(out, hash, turned, width * rows);
	}
	ll_free(turned);
}

void ll_safetensors_write(struct ll_out *out, struct ll_hash128_state *hash, const struct ll_safetensor_source *t,
			  size_t n)
{
	struct ll_buf header = { 0 };
	uint64_t at = 0;
	unsigned char length[8];
	ll_buf_puts(&header, "{\"__metadata__\":{\"format\":\"pt\"}");
	for (size_t i = 0; i < n; i++) {
		uint64_t rows = t[i].shape[0], columns = t[i].dims > 1 ? t[i].shape[1] : 1;
		uint64_t end;
		rows += t[i].before;
		end = at + 4 * rows * columns;
		ll_buf_putc(&header, ',');
		ll_json_escape(&header, ll_cstr(t[i].name), false);
		ll_buf_puts(&header, ":{\"dtype\":\"F32\",\"shape\":[");
		if (t[i].dims == 1)
			ll_buf_printf(&header, "%llu", (unsigned long long)rows);
		else
			ll_buf_printf(&header, "%llu,%llu", (unsigned long long)(t[i].transpose ? columns : rows),
				      (unsigned long long)(t[i].transpose ? rows : columns));
		ll_buf_printf(&header, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)at,
			      (unsigned long long)end);
		at = end;
	}
	ll_buf_putc(&header, '}');
	while ((8 + header.len) % 64)
		ll_buf_putc(&header, ' ');
	ll_put64(length, header.len);
	put(out, hash, length, 8);
	put(out, hash, header.data, header.len);
	for (size_t i = 0; i < n; i++) {
		size_t rows = t[i].shape[0], columns = t[i].dims > 1 ? t[i].shape[1] : 1;
		static const float zeros[256];
		for (size_t left = t[i].before * columns, some; left; left -= some) {
			some = LL_MIN(left, LL_COUNT(zeros));
			ll_put_floats(out, hash, zeros, some);
		}
		if (t[i].heads) {
			size_t piece = rows / 3 / t[i].heads * columns;
			for (size_t h = 0; h < t[i].heads; h++)
				for (size_t part = 0; part < 3; part++)
					ll_put_floats(out, hash, t[i].data + (part * t[i].heads + h) * piece, piece);
			continue;
		}
		if (t[i].transpose && t[i].dims > 1)
			put_transposed(out, hash, t[i].data, rows, columns);
		else
			ll_put_floats(out, hash, t[i].data, rows * columns);
	}
	ll_buf_free(&header);
}
