/* SPDX-License-Identifier: MIT */
/*
 * test.h - the harness of the unit tests: TAP on standard output, one line a check. A test program includes this once, makes
 * checks from main, and ends with `return test_done();`.
 */
#ifndef LL_TEST_H
#define LL_TEST_H

#include "base/base.h" /* first: it sets the feature macros */

#include <stdarg.h>
#include <stdio.h>

static int test_count, test_failed;

LL_UNUSED LL_PRINTF(2, 3) static bool ok(bool condition, const char *format, ...)
{
	va_list ap;
	printf("%sok %d - ", condition ? "" : "not ", ++test_count);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	test_failed += !condition;
	return condition;
}

LL_UNUSED LL_PRINTF(2, 3) static void diag(const char *prefix, const char *format, ...)
{
	va_list ap;
	printf("# %s", prefix);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

LL_UNUSED static void skip(const char *what, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++test_count, what, why);
}

LL_UNUSED static int test_done(void)
{
	printf("1..%d\n", test_count);
	return test_failed != 0;
}

#endif
