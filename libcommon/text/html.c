/* SPDX-License-Identifier: MIT */
#include "text/html.h"

#ifdef HAVE_GUMBO

#include <ctype.h>
#include <gumbo.h>
#include <strings.h>

#define DEPTH_MAX 10000 /* of open elements: gumbo frees its tree recursively */

enum layout {
	INLINE,
	BLOCK,     /* a line of its own */
	PARAGRAPH, /* with an empty line around it */
	HIDDEN,    /* no text of the page */
	CHROME,    /* navigation, page furniture: left out of the main text */
};

static enum layout layout_of(GumboTag tag)
{
	switch (tag) {
	case GUMBO_TAG_SCRIPT: case GUMBO_TAG_STYLE: case GUMBO_TAG_TEMPLATE: case GUMBO_TAG_HEAD: case GUMBO_TAG_NOSCRIPT:
	case GUMBO_TAG_IFRAME: case GUMBO_TAG_OBJECT: case GUMBO_TAG_SVG: case GUMBO_TAG_TITLE: case GUMBO_TAG_CANVAS: case GUMBO_TAG_AUDIO:
	case GUMBO_TAG_VIDEO: case GUMBO_TAG_SELECT: case GUMBO_TAG_TEXTAREA: case GUMBO_TAG_DATALIST:
		return HIDDEN;
	case GUMBO_TAG_NAV: case GUMBO_TAG_ASIDE: case GUMBO_TAG_FOOTER: case GUMBO_TAG_FORM: case GUMBO_TAG_BUTTON: case GUMBO_TAG_MENU:
		return CHROME;
	case GUMBO_TAG_P: case GUMBO_TAG_H1: case GUMBO_TAG_H2: case GUMBO_TAG_H3: case GUMBO_TAG_H4: case GUMBO_TAG_H5: case GUMBO_TAG_H6:
	case GUMBO_TAG_PRE: case GUMBO_TAG_BLOCKQUOTE: case GUMBO_TAG_UL: case GUMBO_TAG_OL: case GUMBO_TAG_DL: case GUMBO_TAG_TABLE:
	case GUMBO_TAG_HR: case GUMBO_TAG_FIGURE:
		return PARAGRAPH;
	case GUMBO_TAG_DIV: case GUMBO_TAG_LI: case GUMBO_TAG_DT: case GUMBO_TAG_DD: case GUMBO_TAG_TR: case GUMBO_TAG_SECTION:
	case GUMBO_TAG_ARTICLE: case GUMBO_TAG_HEADER: case GUMBO_TAG_MAIN: case GUMBO_TAG_BODY: case GUMBO_TAG_ADDRESS:
	case GUMBO_TAG_CAPTION: case GUMBO_TAG_FIGCAPTION: case GUMBO_TAG_DETAILS: case GUMBO_TAG_SUMMARY: case GUMBO_TAG_OPTION:
	case GUMBO_TAG_FIELDSET: case GUMBO_TAG_CENTER:
		return BLOCK;
	default:
		return INLINE;
	}
}

/* Words in class, id or role that name page furniture. */
static bool names_chrome(const GumboElement *e)
{
	static const char *const attributes[] = { "class", "id", "role" };
	static const char *const words[] = { "nav", "navbar", "navigation", "navheader", "navfooter", "menu", "breadcrumb", "breadcrumbs", "sidebar",
					     "footer", "cookie", "related", "share", "social", "toc", "contents", "search", "banner",
					     "sphinxsidebar", "headerlink", "pagination", "skip" };
	for (size_t a = 0; a < LL_COUNT(attributes); a++) {
		const GumboAttribute *attribute = gumbo_get_attribute(&e->attributes, attributes[a]);
		for (const char *p = attribute ? attribute->value : ""; *p;) {
			size_t n = 0;
			while (isalnum((unsigned char)p[n]))
				n++;
			for (size_t w = 0; n > 0 && w < LL_COUNT(words); w++)
				if (strlen(words[w]) == n && strncasecmp(p, words[w], n) == 0)
					return true;
			p += n ? n : 1;
		}
	}
	return false;
}

static bool is_hidden(const GumboElement *e)
{
	const GumboAttribute *style = gumbo_get_attribute(&e->attributes, "style");
	return gumbo_get_attribute(&e->attributes, "hidden") || (style && (strstr(style->value, "display:none") || strstr(style->value, "display: none")));
}

/* Visible characters (without white space) of a subtree, all and inside links. */
struct weight {
	size_t text, links;
};

static void weigh(const GumboNode *node, bool in_link, struct weight *w)
{
	if (node->type == GUMBO_NODE_TEXT) {
		for (const char *p = node->v.text.text; *p; p++)
			if (!isspace((unsigned char)*p)) {
				w->text++;
				w->links += in_link;
			}
		return;
	}
	if ((node->type != GUMBO_NODE_ELEMENT && node->type != GUMBO_NODE_TEMPLATE) || layout_of(node->v.element.tag) == HIDDEN)
		return;
	for (unsigned i = 0; i < node->v.element.children.length; i++)
		weigh(node->v.element.children.data[i], in_link || node->v.element.tag == GUMBO_TAG_A, w);
}

struct text {
	struct ll_buf *out;
	size_t start;        /* of this page in out */
	unsigned line_ends;  /* wanted before the next character */
	bool space;          /* a space is wanted */
	bool pre, main;
};

static void put(struct text *t, const char *p, size_t n)
{
	if (t->out->len > t->start) {
		for (unsigned i = 0; i < t->line_ends; i++)
			ll_buf_putc(t->out, '\n');
		if (t->line_ends == 0 && t->space)
			ll_buf_putc(t->out, ' ');
	}
	t->line_ends = 0;
	t->space = false;
	ll_buf_add(t->out, p, n);
}

static void put_text(struct text *t, const char *p)
{
	if (t->pre) {
		put(t, p, strlen(p));
		return;
	}
	while (*p) {
		size_t n = strcspn(p, " \t\r\n\f");
		if (n) {
			put(t, p, n);
			p += n;
		}
		if (*p) {
			t->space = true;
			p += strspn(p, " \t\r\n\f");
		}
	}
}

static void break_line(struct text *t, unsigned ends)
{
	t->line_ends = LL_MAX(t->line_ends, ends);
	t->space = false;
}

/* A block that is mostly links is a menu, whatever it is called. */
static bool is_link_list(const GumboNode *node, GumboTag tag)
{
	if (tag != GUMBO_TAG_UL && tag != GUMBO_TAG_OL && tag != GUMBO_TAG_DL && tag != GUMBO_TAG_TABLE && tag != GUMBO_TAG_DIV)
		return false;
	struct weight w = { 0, 0 };
	weigh(node, false, &w);
	return w.text > 0 && w.links * 10 > w.text * 7;
}

static void walk(struct text *t, const GumboNode *node)
{
	if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_CDATA || node->type == GUMBO_NODE_WHITESPACE) {
		put_text(t, node->v.text.text);
		return;
	}
	if (node->type != GUMBO_NODE_ELEMENT)
		return;
	const GumboElement *e = &node->v.element;
	enum layout layout = layout_of(e->tag);
	if (layout == HIDDEN || is_hidden(e))
		return;
	if (t->main && e->tag != GUMBO_TAG_BODY && e->tag != GUMBO_TAG_HTML &&
	    (layout == CHROME || names_chrome(e) || is_link_list(node, e->tag)))
		return;
	if (e->tag == GUMBO_TAG_BR) {
		t->line_ends += t->line_ends < 2;
		return;
	}
	unsigned ends = layout == PARAGRAPH ? 2 : layout == INLINE ? 0 : 1;
	bool pre = t->pre;
	if (ends)
		break_line(t, ends);
	if (e->tag == GUMBO_TAG_LI) {
		put(t, "-", 1);
		t->space = true;
	}
	if ((e->tag == GUMBO_TAG_TD || e->tag == GUMBO_TAG_TH) && t->line_ends == 0)
		t->space = true;
	t->pre = pre || e->tag == GUMBO_TAG_PRE;
	for (unsigned i = 0; i < e->children.length; i++)
		walk(t, e->children.data[i]);
	t->pre = pre;
	if (ends)
		break_line(t, ends);
}

/* Elements that can be open at once, by counting tags: an upper bound that needs no tree. */
static size_t nesting(struct ll_str html)
{
	size_t depth = 0, most = 0;
	const char *p = html.data, *end = p + html.len;
	while (p && p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		p++;
		if (p < end && *p == '/')
			depth -= depth > 0;
		else if (p < end && isalpha((unsigned char)*p) && !strchr("pPlLbBiImMtTdDoOhH", *p))
			depth++; /* p, li, br, img, meta, td, dd, option and their like need not be closed */
		else if (p + 1 < end && strchr("dDbBiI", *p) && (isspace((unsigned char)p[1]) || p[1] == '>' || (p[0] | 32) == 'd'))
			depth++; /* but div, dd, b and i count */
		most = LL_MAX(most, depth);
	}
	return most;
}

bool ll_html_available(void)
{
	return true;
}

int ll_html_text(struct ll_buf *out, struct ll_str html, enum ll_html_mode mode, struct ll_err *err)
{
	if (nesting(html) > DEPTH_MAX)
		return ll_err_set(err, "more than %d nested elements", DEPTH_MAX);
	GumboOptions options = kGumboDefaultOptions;
	options.max_errors = 0;
	GumboOutput *page = gumbo_parse_with_options(&options, html.len ? html.data : "", html.len);
	struct text t = { .out = out, .start = out->len, .main = mode == LL_HTML_MAIN };
	walk(&t, page->root);
	if (t.main && out->len == t.start) { /* a page that is all links has its links as text */
		t = (struct text){ .out = out, .start = out->len };
		walk(&t, page->root);
	}
	gumbo_destroy_output(&options, page);
	return 0;
}

#else

bool ll_html_available(void)
{
	return false;
}

int ll_html_text(struct ll_buf *out, struct ll_str html, enum ll_html_mode mode, struct ll_err *err)
{
	(void)out, (void)html, (void)mode;
	return ll_err_set(err, "HTML is not built in (gumbo was not found)");
}

#endif
