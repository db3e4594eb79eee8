/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

static atomic_uint_least64_t records, bytes, stored_read, stored_expected;
static const char *noun = "documents";
static double started;
static double pass_started; /* the rate is of the running pass */
static atomic_uint passes = 1;
static bool live;     /* a progress line is wanted */
static bool terminal; /* standard error is one */
static atomic_bool shown;
static atomic_flag drawing = ATOMIC_FLAG_INIT;
static _Atomic double next_draw;

double ll_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int columns(void)
{
	struct winsize size;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
		return size.ws_col;
	return 80;
}

static void draw(double now)
{
	char line[240], count[16], volume[16], rate[16];
	double elapsed = LL_MAX(now - started, 1e-3), pass = LL_MAX(now - pass_started, 1e-3);
	uint64_t done = atomic_load(&stored_read), total = atomic_load(&stored_expected) * atomic_load(&passes);
	int n = snprintf(line, sizeof(line), "%s: %s %s, %s, %s/s", ll_program_name(),
			 ll_human_count(count, (double)atomic_load(&records)), noun,
			 ll_human_bytes(volume, (double)atomic_load(&bytes)),
			 ll_human_bytes(rate, (double)atomic_load(&bytes) / pass));
	size_t len = LL_MIN((size_t)LL_MAX(n, 0), sizeof(line) - 40);
	if (total > 0 && done > 0 && done <= total) {
		double left = elapsed * (double)(total - done) / (double)done;
		n = snprintf(line + len, 40, ", %.0f%%, %.0f s left", 100.0 * (double)done / (double)total, left);
		len += (size_t)LL_MAX(n, 0);
	}
	char out[260];
	if (terminal)
		n = snprintf(out, sizeof(out), "\r%.*s\033[K", LL_MIN((int)len, columns() - 1), line);
	else
		n = snprintf(out, sizeof(out), "%.*s\n", (int)len, line);
	ssize_t written = write(STDERR_FILENO, out, (size_t)LL_MAX(n, 0));
	(void)written;
	atomic_store(&shown, terminal);
}

static void maybe_draw(void)
{
	if (!live)
		return;
	double now = ll_seconds();
	if (now < atomic_load(&next_draw) || atomic_flag_test_and_set(&drawing))
		return;
	atomic_store(&next_draw, now + (terminal ? 0.2 : 2.0));
	draw(now);
	atomic_flag_clear(&drawing);
}

void ll_progress_add(uint64_t more_records, uint64_t more_bytes)
{
	atomic_fetch_add_explicit(&records, more_records, memory_order_relaxed);
	atomic_fetch_add_explicit(&bytes, more_bytes, memory_order_relaxed);
	maybe_draw();
}

void ll_progress_pass(unsigned pass, unsigned of_passes)
{
	LL_ASSERT(pass >= 1 && pass <= of_passes);
	atomic_store(&records, 0);
	atomic_store(&bytes, 0);
	atomic_store(&passes, of_passes);
	pass_started = ll_seconds();
}

void ll_progress_expect(uint64_t stored_bytes)
{
	atomic_store(&stored_expected, stored_bytes);
}

void ll_progress_read(uint64_t stored_bytes)
{
	atomic_fetch_add_explicit(&stored_read, stored_bytes, memory_order_relaxed);
	maybe_draw();
}

void ll_progress_start(const char *mode, const char *plural)
{
	started = pass_started = ll_seconds();
	noun = plural;
	terminal = isatty(STDERR_FILENO);
	live = !ll_is_quiet() && (strcmp(mode, "always") == 0 || (strcmp(mode, "auto") == 0 && terminal));
	atomic_store(&next_draw, started + (terminal ? 0.5 : 2.0));
}

void ll_progress_noun(const char *plural)
{
	noun = plural;
}

void ll_progress_clear_line(void)
{
	if (atomic_exchange(&shown, false)) {
		ssize_t written = write(STDERR_FILENO, "\r\033[K", 4);
		(void)written;
	}
}

void ll_progress_finish(bool success)
{
	bool was_live = live;
	live = false;
	ll_progress_clear_line();
	uint64_t n = atomic_load(&records), volume = atomic_load(&bytes);
	if (!success || ll_is_quiet() || (n == 0 && volume == 0) || (was_live && terminal))
		return;
	double elapsed = ll_seconds() - started;
	char size[32] = ""; /* training counts sequences alone */
	if (volume)
		snprintf(size, sizeof(size), "%llu bytes, ", (unsigned long long)volume);
	ll_note("%llu %s, %s%.2f s, peak memory %.0f MiB", (unsigned long long)n, noun, size, elapsed,
		(double)ll_memory_peak() / (double)LL_MIB);
}
