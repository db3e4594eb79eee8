/* SPDX-License-Identifier: MIT */
/* option_help.c - --help, --list-options and the completion script, all from the table. */
#include "base/option_table.h"

#define WIDTH 100u	/* of a help line */
#define HELP_COLUMN 28u /* where the explanations begin */

/* Words of `text` wrapped between `column` and WIDTH; the cursor stands at `at`. */
static void put_wrapped(struct ll_buf *out, const char *text, size_t column, size_t at)
{
	while (*text) {
		size_t len = strcspn(text, " ");
		if (at > column && at + 1 + len > WIDTH) {
			ll_buf_printf(out, "\n%*s", (int)column, "");
			at = column;
		} else if (at > column) {
			ll_buf_putc(out, ' ');
			at++;
		}
		ll_buf_add(out, text, len);
		at += len;
		text += len + (text[len] == ' ');
	}
	ll_buf_putc(out, '\n');
}

/* A summary is a lower-case phrase; standing alone it is a sentence. */
static void put_sentence(struct ll_buf *out, const char *summary)
{
	struct ll_buf text = { 0 };
	ll_buf_puts(&text, summary);
	if (text.len > 0 && text.data[0] >= 'a' && text.data[0] <= 'z')
		text.data[0] = (char)(text.data[0] - 'a' + 'A');
	if (text.len > 0 && text.data[text.len - 1] != '.')
		ll_buf_putc(&text, '.');
	put_wrapped(out, ll_buf_cstr(&text), 0, 0);
	ll_buf_free(&text);
}

static bool names_all(struct ll_str text, const char *choices)
{
	for (const char *p = choices; *p; p += *p == '|') {
		size_t n = strcspn(p, "|");
		if (!memmem(text.data, text.len, p, n))
			return false;
		p += n;
	}
	return true;
}

static void put_option(struct ll_buf *out, const struct ll_option *o)
{
	size_t start = out->len;
	if (o->letter)
		ll_buf_printf(out, "  -%c, ", o->letter);
	else
		ll_buf_puts(out, "      ");
	ll_buf_printf(out, "--%s%s", o->flags & LL_OPT_NEGATABLE ? "[no-]" : "", o->name);
	ll_option_put_value(out, o);
	size_t at = out->len - start;
	if (at + 2 > HELP_COLUMN) {
		ll_buf_putc(out, '\n');
		at = 0;
	}
	ll_buf_printf(out, "%*s", (int)(HELP_COLUMN - at), "");
	size_t from = out->len;
	put_wrapped(out, o->help ? o->help : "", HELP_COLUMN, HELP_COLUMN);
	if (o->type == LL_OPT_CHOICE && o->choices && !names_all(ll_str(out->data + from, out->len - from), o->choices))
		ll_buf_printf(out, "%*s%s\n", (int)HELP_COLUMN, "", o->choices);
}

static void put_options(struct ll_buf *out, const struct ll_command *c, bool want_own)
{
	const struct ll_option *o;
	bool own, any = false;
	for (size_t pos = 0; (o = ll_option_next(c, &pos, &own));) {
		if (own != want_own || (o->flags & LL_OPT_HIDDEN))
			continue;
		if (o->type == LL_OPT_GROUP)
			ll_buf_printf(out, "\n%s:\n", o->help);
		else if (!any)
			ll_buf_puts(out, want_own ? "\nOptions:\n" : "\nCommon options:\n");
		any = true;
		if (o->type != LL_OPT_GROUP)
			put_option(out, o);
	}
}

static void put_commands(struct ll_buf *out, const struct ll_program *p)
{
	size_t width = 0;
	for (const struct ll_command *c = p->commands; c->run; c++)
		width = LL_MAX(width, c->name ? strlen(c->name) : 0);
	if (width == 0)
		return;
	ll_buf_puts(out, "\nCommands:\n");
	for (const struct ll_command *c = p->commands; c->run; c++) {
		if (!c->name)
			continue;
		ll_buf_printf(out, "  %-*s  ", (int)width, c->name);
		put_wrapped(out, c->summary, width + 4, width + 4);
	}
	ll_buf_printf(out, "\n\"%s COMMAND --help\" tells more about a command.\n", p->name);
}

void ll_help_command(struct ll_buf *out, const struct ll_program *p, const struct ll_command *c)
{
	ll_buf_printf(out, "Usage: %s%s%s [OPTION]...", p->name, c->name ? " " : "", c->name ? c->name : "");
	if (c->operands && *c->operands)
		ll_buf_printf(out, " %s", c->operands);
	ll_buf_putc(out, '\n');
	if (!c->name)
		for (const struct ll_command *other = p->commands; other->run; other++)
			if (other->name)
				ll_buf_printf(out, "       %s %s [OPTION]...%s%s\n", p->name, other->name,
					      other->operands && *other->operands ? " " : "",
					      other->operands ? other->operands : "");
	put_sentence(out, c->summary ? c->summary : p->summary);
	put_options(out, c, true);
	put_options(out, c, false);
	if (c->examples && *c->examples) {
		ll_buf_puts(out, "\nExamples:\n");
		for (const char *line = c->examples; *line;) {
			size_t len = strcspn(line, "\n"), space = LL_MIN(strspn(line, " "), (size_t)2);
			ll_buf_printf(out, "%s%.*s\n", len ? "  " : "", (int)(len - space), line + space);
			line += len + (line[len] == '\n');
		}
	}
	if (!c->name)
		put_commands(out, p);
	ll_buf_printf(out, "\nThe manual: man %s; the suite: man lltools\n", p->name);
}

void ll_help_program(struct ll_buf *out, const struct ll_program *p)
{
	ll_buf_printf(out, "Usage: %s COMMAND [OPTION]... [OPERAND]...\n", p->name);
	put_sentence(out, p->summary);
	put_commands(out, p);
	ll_buf_puts(out, "\nOptions:\n"
			 "  -h, --help                print this help\n"
			 "  -V, --version             print version, features, libraries and formats\n");
	ll_buf_printf(out, "\nThe manual: man %s; the suite: man lltools\n", p->name);
}

void ll_list_options(struct ll_buf *out, const struct ll_program *p, const struct ll_command *c)
{
	if (!c || !c->name)
		for (const struct ll_command *other = p->commands; other->run; other++)
			if (other->name)
				ll_buf_printf(out, "command\t%s\n", other->name);
	const struct ll_option *o;
	bool own;
	for (size_t pos = 0; c && (o = ll_option_next(c, &pos, &own));) {
		if (o->type == LL_OPT_GROUP || (o->flags & LL_OPT_HIDDEN))
			continue;
		ll_buf_printf(out, "%s\t%c%.1s\t--%s\t", own ? "own" : "common", '-', o->letter ? &o->letter : "",
			      o->name);
		ll_option_put_value(out, o);
		ll_buf_putc(out, '\n');
		if (o->flags & LL_OPT_NEGATABLE)
			ll_buf_printf(out, "%s\t-\t--no-%s\t\n", own ? "own" : "common", o->name);
	}
}

/* ---- completion ---- */

static void put_words(struct ll_buf *out, const struct ll_command *c)
{
	const struct ll_option *o;
	const char *space = "";
	for (size_t pos = 0; (o = ll_option_next(c, &pos, NULL));) {
		if (o->type == LL_OPT_GROUP || (o->flags & LL_OPT_HIDDEN))
			continue;
		ll_buf_printf(out, "%s--%s%s", space, o->name,
			      o->type == LL_OPT_FLAG || o->type == LL_OPT_OPTIONAL ? "" : "=");
		space = " ";
		if (o->flags & LL_OPT_NEGATABLE)
			ll_buf_printf(out, " --no-%s", o->name);
	}
}

static void put_choices(struct ll_buf *out, const struct ll_command *c)
{
	const struct ll_option *o;
	for (size_t pos = 0; (o = ll_option_next(c, &pos, NULL));) {
		bool words = o->choices && (o->type == LL_OPT_CHOICE || o->type == LL_OPT_STRING) &&
			     !(o->flags & LL_OPT_HIDDEN);
		if (!words || o->type == LL_OPT_GROUP)
			continue;
		ll_buf_printf(out, "\t%s:--%s) words='", c->name ? c->name : "", o->name);
		for (const char *p = o->choices; *p; p++)
			ll_buf_putc(out, *p == '|' ? ' ' : *p);
		ll_buf_puts(out, "' ;;\n");
	}
}

void ll_completion_bash(struct ll_buf *out, const struct ll_program *p)
{
	struct ll_buf name = { 0 };
	ll_buf_puts(&name, p->name);
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] == '-')
			name.data[i] = '_';
	const char *function = ll_buf_cstr(&name);
	ll_buf_printf(out, "# bash completion for %s, made by %s --completion=bash\n_%s()\n{\n", p->name, p->name,
		      function);
	ll_buf_puts(out, "\tlocal cur=${COMP_WORDS[COMP_CWORD]} option= command= words=\n"
			 "\t[[ $cur == = ]] && cur= && option=${COMP_WORDS[COMP_CWORD-1]}\n"
			 "\t[[ ${COMP_WORDS[COMP_CWORD-1]} == = ]] && option=${COMP_WORDS[COMP_CWORD-2]}\n"
			 "\t[[ -z $option && ${COMP_WORDS[COMP_CWORD-1]} == --* && $cur != -* ]] && "
			 "option=${COMP_WORDS[COMP_CWORD-1]}\n");
	ll_buf_puts(out, "\tcase ${COMP_WORDS[1]} in\n");
	for (const struct ll_command *c = p->commands; c->run; c++)
		if (c->name)
			ll_buf_printf(out, "\t%s) (( COMP_CWORD > 1 )) && command=%s ;;\n", c->name, c->name);
	ll_buf_puts(out, "\t*) ;;\n\tesac\n\tcase $command:$option in\n");
	for (const struct ll_command *c = p->commands; c->run; c++)
		put_choices(out, c);
	ll_buf_puts(out, "\t*) ;;\n\tesac\n\tif [[ -z $words && $cur == -* ]]; then\n\t\tcase $command in\n");
	for (const struct ll_command *c = p->commands; c->run; c++) {
		ll_buf_printf(out, "\t\t%s) words='", c->name ? c->name : "''");
		put_words(out, c);
		ll_buf_puts(out, "' ;;\n");
	}
	ll_buf_puts(out, "\t\t*) words='--help --version' ;;\n\t\tesac\n\tfi\n\tif [[ -z $words && $COMP_CWORD == 1 "
			 "]]; then\n\t\twords='");
	for (const struct ll_command *c = p->commands; c->run; c++)
		if (c->name)
			ll_buf_printf(out, "%s ", c->name);
	ll_buf_puts(out, "'\n\tfi\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
			 "\t[[ ${COMPREPLY[0]} == --*= ]] && compopt -o nospace 2>/dev/null\n\treturn 0\n}\n");
	ll_buf_printf(out, "complete -o default -F _%s %s\n", function, p->name);
	ll_buf_free(&name);
}
