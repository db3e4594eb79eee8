/* SPDX-License-Identifier: MIT */
/* Decoders against the command-line tools: members, long windows, every truncation, every flipped bit. */
#include "test.h"

#include "base/memory.h"
#include "base/random.h"
#include "child.h"
#include "io/codec.h"

static struct ll_buf decode(const char *path, size_t step)
{
	struct ll_decoder *d = ll_decoder_open(path);
	struct ll_buf b = { 0 };
	size_t got;

	while ((got = ll_decoder_read(d, ll_buf_reserve(&b, step), step)) > 0)
		b.len += got;
	LL_ASSERT(ll_decoder_offset(d) == b.len);
	ll_decoder_close(d);
	return b;
}

static bool decodes_to(const char *path, const char *codec, struct ll_str want)
{
	static const size_t steps[] = { 1, 7, 4096, 3000000 };
	struct ll_decoder *d = ll_decoder_open(path);
	bool good = strcmp(ll_decoder_codec(d), codec) == 0;

	ll_decoder_close(d);
	for (size_t i = want.len > 100000 ? 2 : 0; i < LL_COUNT(steps) && good; i++) {
		struct ll_buf got = decode(path, steps[i]);
		good = ll_str_eq(ll_buf_str(&got), want);
		ll_buf_free(&got);
	}
	return good;
}

static void write_text(const char *path, size_t n, unsigned seed)
{
	struct ll_buf b = { 0 };

	for (size_t i = 0; b.len < n; i++)
		ll_buf_printf(&b, "line %zu of %llu words\n", i, (unsigned long long)(ll_random64(seed, 0, i) % 1000));
	ll_write_file(path, b.data, n);
	ll_buf_free(&b);
}

/* Each try is a child, because damage ends the process. Status 77: decoded to something else. */
static const char *try_path, *plain_path;

static void try_decode(void *unused)
{
	struct ll_buf plain = ll_read_file(plain_path, LL_MIB), got = decode(try_path, 4096);

	(void)unused;
	_exit(ll_str_eq(ll_buf_str(&got), ll_buf_str(&plain)) ? 0 : 77);
}

static void write_quickly(const char *path, const char *data, size_t n) /* no fsync: there are thousands */
{
	FILE *f = fopen(path, "wb");

	LL_ASSERT(f && fwrite(data, 1, n, f) == n);
	fclose(f);
}

/* `text` bytes of the packed form are plain text in their own right and pass through as that, as does all of it when its
 * `magic` bytes are damaged. */
static void damage(const char *command, const char *packed, const char *plain, size_t text, size_t magic)
{
	struct ll_buf whole;
	size_t accepted = 0, wrong = 0, other = 0, quiet = 0;

	ok(sh(command) == 0, "%s", command);
	whole = ll_read_file(packed, LL_MIB);
	try_path = "damaged";
	plain_path = plain;
	for (size_t n = 1; n < whole.len; n++) {
		write_quickly(try_path, whole.data, n);
		int rc = in_child(try_decode, NULL);
		accepted += rc == 0;
		wrong += rc != 0 && rc != 3 && rc != 77;
		quiet += rc == 77 && n > text;
	}
	ok(accepted == 0 && wrong == 0 && quiet == 0,
	   "%s: every cut of %zu is status 3 (%zu accepted, %zu quiet, %zu other)", packed, whole.len, accepted, quiet,
	   wrong);
	accepted = quiet = 0;
	for (size_t bit = 0; bit < 8 * whole.len; bit++) {
		whole.data[bit / 8] ^= (char)(1 << bit % 8);
		write_quickly(try_path, whole.data, whole.len);
		int rc = in_child(try_decode, NULL);
		whole.data[bit / 8] ^= (char)(1 << bit % 8);
		quiet += rc == 77 && bit >= 8 * magic;
		other += rc != 0 && rc != 3 && rc != 77 && rc != 4;
	}
	ok(quiet == 0 && other == 0, "%s: no flipped bit changes the text unnoticed (%zu did, %zu other ends)", packed,
	   quiet, other);
	ll_buf_free(&whole);
}

static void long_window(void *memory)
{
	struct ll_decoder *d;
	char *buf = ll_malloc(LL_MIB);

	ll_memory_set_budget(*(uint64_t *)memory);
	d = ll_decoder_open("long.zst");
	while (ll_decoder_read(d, buf, LL_MIB) > 0)
		;
}

static void members(void)
{
	struct ll_decoder *d = ll_decoder_open("three.gz");
	char buf[5];
	size_t got, ends = 0, total = 0, at[8] = { 0 };

	while ((got = ll_decoder_read(d, buf, sizeof(buf))) > 0) {
		total += got;
		if (ll_decoder_member_end(d) && ends < 8)
			at[ends++] = total;
	}
	ll_decoder_close(d);
	ok(ends == 3 && at[0] == 10 && at[1] == 21 && at[2] == 24, "gzip member ends are seen (%zu: %zu %zu %zu)", ends,
	   at[0], at[1], at[2]);
}

static void oneshot(void)
{
	size_t n = 100000, packed;
	char *src = ll_calloc(n, 1), *dst = ll_malloc(n), *back = ll_malloc(n);

	for (size_t i = 0; i < n; i++)
		src[i] = (char)(ll_random64(9, 9, i) % 4);
	packed = ll_zstd_compress(dst, n, src, n, 3);
	ok(packed > 0 && packed < n / 2, "zstd makes it smaller: %zu", packed);
	ok(ll_zstd_decompress(back, n, dst, packed) == 0 && memcmp(src, back, n) == 0, "and back");
	ok(ll_zstd_decompress(back, n - 1, dst, packed) < 0, "a raw length too small is an error");
	ok(ll_zstd_decompress(back, n, dst, packed - 1) < 0, "a cut is an error");
	for (size_t i = 0; i < n; i++)
		src[i] = (char)ll_random64(9, 8, i);
	ok(ll_zstd_compress(dst, n - 1, src, n, 3) == 0, "noise does not get smaller");
	ll_free(src);
	ll_free(dst);
	ll_free(back);
}

int main(void)
{
	static const char *const tools[][3] = {
		{ "none", "cat", "plain" },	{ "gzip", "gzip -c", "gz" }, { "zstd", "zstd -qc", "zst" },
		{ "bzip2", "bzip2 -c", "bz2" }, { "xz", "xz -c", "xz" },
	};
	char command[256], path[64];

	write_text("small", 150, 1);
	write_text("large", 3000000, 2);
	write_text("tiny", 50, 3);
	ll_write_file("empty", "", 0);
	for (size_t i = 0; i < LL_COUNT(tools); i++) {
		struct ll_buf small = ll_read_file("small", LL_GIB), large = ll_read_file("large", LL_GIB),
			      both = { 0 };
		snprintf(command, sizeof(command),
			 "for f in small large empty; do %s $f > $f.%s || exit 1; done; "
			 "cat small.%s large.%s empty.%s small.%s > both.%s",
			 tools[i][1], tools[i][2], tools[i][2], tools[i][2], tools[i][2], tools[i][2], tools[i][2]);
		ok(sh(command) == 0, "%s", tools[i][1]);
		snprintf(path, sizeof(path), "small.%s", tools[i][2]);
		ok(decodes_to(path, tools[i][0], ll_buf_str(&small)), "%s of 150 bytes", tools[i][0]);
		snprintf(path, sizeof(path), "large.%s", tools[i][2]);
		ok(decodes_to(path, tools[i][0], ll_buf_str(&large)), "%s of 3 MB", tools[i][0]);
		snprintf(path, sizeof(path), "empty.%s", tools[i][2]);
		ok(decodes_to(path, tools[i][0], ll_str("", 0)), "%s of nothing", tools[i][0]);
		ll_buf_add_str(&both, ll_buf_str(&small));
		ll_buf_add_str(&both, ll_buf_str(&large));
		ll_buf_add_str(&both, ll_buf_str(&small));
		snprintf(path, sizeof(path), "both.%s", tools[i][2]);
		ok(decodes_to(path, tools[i][0], ll_buf_str(&both)), "%s of four members", tools[i][0]);
		ll_buf_free(&small);
		ll_buf_free(&large);
		ll_buf_free(&both);
	}

	damage("gzip -nc tiny > d.gz", "d.gz", "tiny", 0, 3);
	damage("zstd -qc --check tiny > d.zst", "d.zst", "tiny", 1, 4);
	damage("bzip2 -c tiny > d.bz2", "d.bz2", "tiny", 4, 10);
	damage("xz -c tiny > d.xz", "d.xz", "tiny", 0, 6);

	ok(sh("(printf 0123456789 | gzip; printf abcdefghijk | gzip; printf xyz | gzip; head -c 600 /dev/zero) > "
	      "three.gz") == 0,
	   "gzip");
	members();
	ok(sh("(cat small.gz; echo more) > tail.gz") == 0, "a line after a gzip member");
	try_path = "tail.gz";
	plain_path = "small";
	ok(in_child(try_decode, NULL) == 3 && strstr(child_said, "tail.gz"), "is an error, not an end");
	ok(sh("(printf '\\052\\052\\115\\030'; cat small) > skip.zst") == 0, "not zstd");
	ok(sh("(printf '\\120\\052\\115\\030\\003\\000\\000\\000abc'; cat small.zst) > skip.zst") == 0,
	   "a skippable frame");
	ok(in_child(try_decode, NULL) == 3, "still");
	try_path = "skip.zst";
	ok(in_child(try_decode, NULL) == 0, "is skipped");

	/* --long=31 from a pipe declares a window of 2 GiB; only what is used of it counts. */
	ok(sh("zstd -q --long=31 -c < large > long31.zst && head -c 150M /dev/zero | tr '\\0' 'x' | zstd -q --long=31 "
	      "-1 -c > long.zst") == 0,
	   "zstd --long=31");
	try_path = "long31.zst";
	plain_path = "large";
	struct ll_buf large = ll_read_file("large", LL_GIB);
	ok(decodes_to("long31.zst", "zstd", ll_buf_str(&large)), "a 2 GiB window over 3 MB");
	ll_buf_free(&large);
	uint64_t little = 100 * LL_MIB, enough = 1024 * LL_MIB;
	ok(in_child(long_window, &enough) == 0, "150 MB behind it fit 1 GiB");
	ok(in_child(long_window, &little) == 4 && strstr(child_said, "window"), "and not 100 MiB");
	oneshot();
	ok(strstr(ll_decoder_features(), "zstd ") != NULL, "features: %s", ll_decoder_features());
	return test_done();
}
