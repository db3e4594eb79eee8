/* SPDX-License-Identifier: MIT */
/*
 * html.h - HTML to text (behind one narrow interface; gumbo inside, built with HAVE_GUMBO). Block elements end lines, <br> is a
 * newline, <pre> keeps its space, script, style, template, head and hidden parts vanish, list items get "- ".
 */
#ifndef LL_HTML_H
#define LL_HTML_H

#include "base/buffer.h"
#include "base/error.h"

enum ll_html_mode {
	LL_HTML_ALL,  /* all visible text */
	LL_HTML_MAIN, /* without nav, header, footer, aside, forms and link-heavy blocks (link density) */
};

/* Appends the text of an HTML document in UTF-8. Returns 0, or -1 when the feature is not built in or nesting is absurd. */
int ll_html_text(struct ll_buf *out, struct ll_str html, enum ll_html_mode mode, struct ll_err *err) LL_MUST_CHECK;
/* The charset an HTML page declares in its first 1024 bytes (BOM, meta), or NULL; written to out[64]. */
const char *ll_html_charset(struct ll_str head, char out[64]);
bool ll_html_available(void);

#endif
