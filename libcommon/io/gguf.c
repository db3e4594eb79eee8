/* SPDX-License-Identifier: MIT */
#include "io/gguf.h"

#define DEPTH_MOST 4

static const unsigned char width[LL_GGUF_TYPES] = {
	[LL_GGUF_U8] = 1,  [LL_GGUF_I8] = 1,  [LL_GGUF_U16] = 2, [LL_GGUF_I16] = 2,
	[LL_GGUF_U32] = 4, [LL_GGUF_I32] = 4, [LL_GGUF_F32] = 4, [LL_GGUF_BOOL] = 1,
	[LL_GGUF_U64] = 8, [LL_GGUF_I64] = 8, [LL_GGUF_F64] = 8,
};

/* The bytes that are left, and where they are in the file. */
struct cursor {
	const char *start, *p, *end;
	struct ll_err *err;
};

static void cut(struct cursor *c, const char *what)
{
	ll_err_set(c->err, "byte %zu: the file ends inside %s", (size_t)(c->p - c->start), what);
}

static int take(struct cursor *c, uint64_t n, const char *what, const char **out)
{
	if (n > (uint64_t)(c->end - c->p)) {
		cut(c, what);
		return -1;
	}
	*out = c->p;
	c->p += n;
	return 0;
}

static int take_u32(struct cursor *c, uint32_t *out)
{
	const char *p;
	if (take(c, 4, "a number", &p))
		return -1;
	*out = ll_get32(p);
	return 0;
}

static int take_u64(struct cursor *c, uint64_t *out)
{
	const char *p;
	if (take(c, 8, "a number", &p))
		return -1;
	*out = ll_get64(p);
	return 0;
}

static int take_string(struct cursor *c, struct ll_str *out)
{
	uint64_t n;
	if (take_u64(c, &n) || take(c, n, "a string", &out->data))
		return -1;
	out->len = (size_t)n;
	return 0;
}

static int take_type(struct cursor *c, uint32_t *type)
{
	if (take_u32(c, type))
		return -1;
	return *type < LL_GGUF_TYPES ? 0
				     : ll_err_set(c->err, "byte %zu: unknown type %u of a value",
						  (size_t)(c->p - c->start) - 4, *type);
}

static int take_value(struct cursor *c, uint32_t type, unsigned depth)
{
	struct ll_str text;
	const char *p;
	uint32_t of;
	uint64_t n;
	if (type == LL_GGUF_STRING)
		return take_string(c, &text);
	if (type != LL_GGUF_ARRAY)
		return take(c, width[type], "a value", &p);
	if (depth == DEPTH_MOST)
		return ll_err_set(c->err, "byte %zu: arrays in arrays", (size_t)(c->p - c->start));
	if (take_type(c, &of) || take_u64(c, &n))
		return -1;
	if (of != LL_GGUF_STRING && of != LL_GGUF_ARRAY)
		return take(c, n > (uint64_t)(c->end - c->p) ? n : n * width[of], "an array", &p);
	for (uint64_t i = 0; i < n; i++)
		if (take_value(c, of, depth + 1))
			return -1;
	return 0;
}

int ll_gguf_read(struct ll_str file, int (*pair)(void *context, struct ll_str key, struct ll_gguf_value value),
		 void *context, struct ll_err *err)
{
	struct cursor c = { file.data, file.data, file.data + file.len, err };
	const char *magic;
	uint32_t version;
	uint64_t tensors, pairs;
	if (take(&c, 4, "the magic", &magic) || take_u32(&c, &version) || take_u64(&c, &tensors) ||
	    take_u64(&c, &pairs))
		return -1;
	if (memcmp(magic, "GGUF", 4) != 0)
		return ll_err_set(err, "byte 0: no GGUF file");
	if (version != 2 && version != 3)
		return ll_err_set(err, "GGUF of version %u is not supported (only 2 and 3, little endian)", version);
	for (uint64_t i = 0; i < pairs; i++) {
		struct ll_str key;
		uint32_t type;
		if (take_string(&c, &key) || take_type(&c, &type))
			return -1;
		struct ll_gguf_value value = { .type = (enum ll_gguf_type)type, .n = 1 };
		const char *from = c.p;
		if (take_value(&c, type, 0))
			return -1;
		if (type == LL_GGUF_ARRAY) {
			value.array = true;
			value.type = (enum ll_gguf_type)ll_get32(from);
			value.n = ll_get64(from + 4);
			from += 12;
		}
		value.data = ll_str(from, (size_t)(c.p - from));
		int rc = pair(context, key, value);
		if (rc)
			return rc;
	}
	return 0;
}

struct ll_str ll_gguf_next_string(struct ll_gguf_value *v)
{
	if (v->type != LL_GGUF_STRING || v->n == 0)
		return ll_str(NULL, 0);
	struct ll_str s = ll_str(v->data.data + 8, (size_t)ll_get64(v->data.data));
	v->data = ll_str(s.data + s.len, v->data.len - 8 - s.len);
	v->n--;
	return s;
}

double ll_gguf_next_number(struct ll_gguf_value *v)
{
	const char *p = v->data.data;
	if (v->type == LL_GGUF_STRING || v->type == LL_GGUF_ARRAY || v->n == 0)
		return 0;
	v->data = ll_str(p + width[v->type], v->data.len - width[v->type]);
	v->n--;
	float f;
	double d;
	switch (v->type) {
	case LL_GGUF_U8:
	case LL_GGUF_BOOL:
		return (unsigned char)*p;
	case LL_GGUF_I8:
		return (signed char)*p;
	case LL_GGUF_U16:
		return ll_get16(p);
	case LL_GGUF_I16:
		return (int16_t)ll_get16(p);
	case LL_GGUF_U32:
		return ll_get32(p);
	case LL_GGUF_I32:
		return (int32_t)ll_get32(p);
	case LL_GGUF_U64:
		return (double)ll_get64(p);
	case LL_GGUF_I64:
		return (double)(int64_t)ll_get64(p);
	case LL_GGUF_F32: {
		uint32_t bits = ll_get32(p);
		memcpy(&f, &bits, 4);
		return (double)f;
	}
	default: {
		uint64_t bits = ll_get64(p);
		memcpy(&d, &bits, 8);
		return d;
	}
	}
}

/* ---- writing ---- */

void ll_gguf_put_head(struct ll_buf *out, uint64_t tensors, uint64_t pairs)
{
	ll_buf_puts(out, "GGUF");
	ll_buf_put32(out, 3);
	ll_buf_put64(out, tensors);
	ll_buf_put64(out, pairs);
}

void ll_gguf_put_text(struct ll_buf *out, struct ll_str s)
{
	ll_buf_put64(out, s.len);
	ll_buf_add_str(out, s);
}

void ll_gguf_put_key(struct ll_buf *out, const char *key, enum ll_gguf_type type)
{
	ll_gguf_put_text(out, ll_cstr(key));
	ll_buf_put32(out, type);
}

void ll_gguf_put_array(struct ll_buf *out, const char *key, enum ll_gguf_type type, uint64_t n)
{
	ll_gguf_put_key(out, key, LL_GGUF_ARRAY);
	ll_buf_put32(out, type);
	ll_buf_put64(out, n);
}

void ll_gguf_put_string(struct ll_buf *out, const char *key, const char *value)
{
	ll_gguf_put_key(out, key, LL_GGUF_STRING);
	ll_gguf_put_text(out, ll_cstr(value));
}

void ll_gguf_put_u32(struct ll_buf *out, const char *key, uint32_t value)
{
	ll_gguf_put_key(out, key, LL_GGUF_U32);
	ll_buf_put32(out, value);
}

void ll_gguf_put_f32(struct ll_buf *out, const char *key, float value)
{
	uint32_t bits;
	memcpy(&bits, &value, 4);
	ll_gguf_put_key(out, key, LL_GGUF_F32);
	ll_buf_put32(out, bits);
}

void ll_gguf_put_bool(struct ll_buf *out, const char *key, bool value)
{
	ll_gguf_put_key(out, key, LL_GGUF_BOOL);
	ll_buf_putc(out, value);
}

void ll_gguf_put_tensor(struct ll_buf *out, const char *name, unsigned dims, const uint64_t *shape,
			enum ll_gguf_tensor_type type, uint64_t offset)
{
	ll_gguf_put_text(out, ll_cstr(name));
	ll_buf_put32(out, dims);
	for (unsigned i = dims; i-- > 0;)
		ll_buf_put64(out, shape[i]);
	ll_buf_put32(out, type);
	ll_buf_put64(out, offset);
}
