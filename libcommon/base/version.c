/* SPDX-License-Identifier: MIT */
/* version.c - what --version says: of this program, of the libraries it runs with, and of the formats it reads and
 * writes. */
#include "base/cpu.h"
#include "base/option_table.h"

#define XXH_INLINE_ALL
#include <json-c/json.h>
#include <xxhash.h>
#include <zstd.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

const char *ll_build_flags(void)
{
	return LL_BUILD_FLAGS;
}

void ll_version_text(struct ll_buf *out, const struct ll_program *p)
{
	char pcre2[64] = "";
	unsigned xxh = XXH_versionNumber();
	pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
	ll_buf_printf(out, "%s (lltools) " LL_VERSION "\n", p->name);
	ll_buf_puts(out, "formats: container 1; records: docs 1, tokens 1, documents 1, signatures 1, counts 1, ngrams "
			 "1, results 1\n");
	ll_buf_printf(out, "features: %s\n", p->features && *p->features ? p->features : "none beside the core");
	ll_buf_printf(out, "libraries: zstd %s, pcre2 %s, xxhash %u.%u.%u, json-c %s\n", ZSTD_versionString(), pcre2,
		      xxh / 10000, xxh / 100 % 100, xxh % 100, json_c_version());
	ll_buf_printf(out, "kernels: %s\n", ll_cpu_name(ll_cpu()));
	ll_buf_puts(out, "compiler: " COMPILER "\n");
	ll_buf_printf(out, "flags: %s\n", ll_build_flags());
	ll_buf_puts(out, "license: MIT\n");
}
