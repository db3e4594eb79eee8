/* SPDX-License-Identifier: MIT */
#include "ll-shard/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <strings.h>
#ifdef HAVE_UCHARDET
#include <uchardet/uchardet.h>
#endif

#include "base/error.h"
#include "base/memory.h"
#include "text/html.h"
#include "text/utf8.h"

struct charset {
	const char *label; /* lower case */
	const char *iconv; /* the name glibc knows it by */
	bool single_byte;
};

/* Labels whose meaning on the web differs from their name, WHATWG Encoding Standard section 4.2. */
static const struct charset web_labels[] = {
	{ "utf8", "UTF-8", false },	    { "utf-8", "UTF-8", false },	{ "unicode-1-1-utf-8", "UTF-8", false },
	{ "iso-8859-1", "CP1252", true },   { "iso8859-1", "CP1252", true },	{ "iso_8859-1", "CP1252", true },
	{ "latin1", "CP1252", true },	    { "latin-1", "CP1252", true },	{ "ascii", "CP1252", true },
	{ "us-ascii", "CP1252", true },	    { "ansi", "CP1252", true },		{ "x-cp1252", "CP1252", true },
	{ "iso-8859-9", "CP1254", true },   { "latin5", "CP1254", true },	{ "iso-8859-11", "CP874", true },
	{ "tis-620", "CP874", true },	    { "windows-874", "CP874", true },	{ "gb2312", "GB18030", false },
	{ "gbk", "GB18030", false },	    { "gb_2312-80", "GB18030", false }, { "x-gbk", "GB18030", false },
	{ "shift_jis", "CP932", false },    { "shift-jis", "CP932", false },	{ "sjis", "CP932", false },
	{ "x-sjis", "CP932", false },	    { "windows-31j", "CP932", false },	{ "euc-kr", "UHC", false },
	{ "ks_c_5601-1987", "UHC", false }, { "korean", "UHC", false },		{ "big5", "BIG5-HKSCS", false },
	{ "utf-16", "UTF-16LE", false },    { "unicode", "UTF-16LE", false },
};

/* A label to what iconv takes, or false when it is none that can be decoded. */
static bool find_charset(struct ll_str label, char name[64], char iconv_name[64], bool *single_byte)
{
	iconv_t probe;

	if (label.len == 0 || label.len >= 60)
		return false;
	for (size_t i = 0; i < label.len; i++) {
		char c = label.data[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("-_:.", c)) || c == '\0')
			return false;
		name[i] = c;
	}
	name[label.len] = '\0';
	for (size_t i = 0; i < LL_COUNT(web_labels); i++)
		if (strcmp(web_labels[i].label, name) == 0) {
			snprintf(iconv_name, 64, "%s", web_labels[i].iconv);
			*single_byte = web_labels[i].single_byte;
			return true;
		}
	snprintf(iconv_name, 64, "%s", name);
	*single_byte = strncmp(name, "iso-8859-", 9) == 0 || strncmp(name, "windows-12", 10) == 0 ||
		       strncmp(name, "koi8-", 5) == 0;
	probe = iconv_open("UTF-8", iconv_name);
	if (probe == (iconv_t)-1)
		return false;
	iconv_close(probe);
	return true;
}

static size_t convert(struct ll_str in, const char *from, struct ll_buf *out)
{
	iconv_t cd = iconv_open("UTF-8", from);
	char *p = (char *)(uintptr_t)in.data;
	size_t left = in.len, bad = 0;

	if (cd == (iconv_t)-1)
		ll_die_errno(LL_EXIT_RESOURCE, "character set %s cannot be converted here", from);
	ll_buf_clear(out);
	while (left > 0) {
		size_t room = left + left / 2 + 64, n = room;
		char *to = ll_buf_reserve(out, room);
		size_t rc = iconv(cd, &p, &left, &to, &n);
		out->len += room - n;
		if (rc != (size_t)-1 || errno == E2BIG)
			continue;
		if (errno != EILSEQ && errno != EINVAL)
			ll_die_errno(LL_EXIT_RESOURCE, "conversion from %s", from);
		ll_buf_puts(out, "\xef\xbf\xbd");
		bad++;
		if (errno == EINVAL) /* cut inside its last character */
			break;
		p++;
		left--;
		iconv(cd, NULL, NULL, NULL, NULL);
	}
	iconv_close(cd);
	return bad;
}

static bool guess(struct ll_str in, char label[64])
{
#ifdef HAVE_UCHARDET
	uchardet_t u = uchardet_new();
	bool found;

	uchardet_handle_data(u, in.data, LL_MIN(in.len, 256 * LL_KIB));
	uchardet_data_end(u);
	snprintf(label, 64, "%s", uchardet_get_charset(u));
	uchardet_delete(u);
	found = label[0] != '\0' && strcasecmp(label, "UTF-8") != 0;
	return found;
#else
	(void)in;
	(void)label;
	return false;
#endif
}

static bool is_ascii(struct ll_str s)
{
	unsigned char any = 0;

	for (size_t i = 0; i < s.len; i++)
		any |= (unsigned char)s.data[i];
	return any < 0x80;
}

size_t charset_to_utf8(struct ll_str in, struct ll_str declared, bool html, struct ll_buf *scratch, struct ll_str *out,
		       char charset[64])
{
	static const char *const bom_name[] = { "utf-8", "utf-16le", "utf-16be" };
	static const struct ll_str bom[] = { { "\xef\xbb\xbf", 3 }, { "\xff\xfe", 2 }, { "\xfe\xff", 2 } };
	char iconv_name[64] = "UTF-8", label[64] = "";
	bool single_byte = false, valid;

	for (size_t i = 0; i < LL_COUNT(bom); i++)
		if (in.len >= bom[i].len && memcmp(in.data, bom[i].data, bom[i].len) == 0) {
			in = ll_str(in.data + bom[i].len, in.len - bom[i].len);
			snprintf(charset, 64, "%s", bom_name[i]);
			if (i > 0) {
				*out = (convert(in, bom_name[i], scratch), ll_buf_str(scratch));
				return 0;
			}
			declared = ll_cstr("utf-8");
		}
	valid = ll_utf8_valid_prefix(in.data, in.len) == in.len;
	bool known = find_charset(declared, charset, iconv_name, &single_byte);
	if (!known && html && ll_html_charset(ll_str(in.data, LL_MIN(in.len, 1024)), label)) {
		known = find_charset(ll_cstr(label), charset, iconv_name, &single_byte);
		if (known && strncmp(iconv_name, "UTF-16", 6) ==
				     0) /* a page that can be read as ASCII this far is not in UTF-16 */
			known = false;
	}
	if (valid && (!known || (single_byte && !is_ascii(in)))) {
		strcpy(charset, "utf-8");
		strcpy(iconv_name, "UTF-8");
		known = true;
	}
	if (!known && !(guess(in, label) && find_charset(ll_cstr(label), charset, iconv_name, &single_byte))) {
		strcpy(charset, "windows-1252");
		strcpy(iconv_name, "CP1252");
	}
	if (strcasecmp(iconv_name, "UTF-8") != 0) {
		size_t bad = convert(in, iconv_name, scratch);
		*out = ll_buf_str(scratch);
		return bad;
	}
	*out = in;
	if (valid)
		return 0;
	ll_buf_clear(scratch);
	size_t bad = ll_utf8_repair(scratch, in.data, in.len);
	*out = ll_buf_str(scratch);
	return bad;
}

struct ll_str charset_of_content_type(struct ll_str content_type)
{
	for (size_t i = 0; i + 8 <= content_type.len; i++) {
		const char *p = content_type.data + i + 8;
		size_t left = content_type.len - i - 8, n = 0;
		if (strncasecmp(content_type.data + i, "charset=", 8) != 0)
			continue;
		if (left && (*p == '"' || *p == '\'')) {
			p++;
			left--;
		}
		while (n < left && !strchr("\"';, \t\r\n", p[n]))
			n++;
		return ll_str(p, n);
	}
	return ll_str("", 0);
}
