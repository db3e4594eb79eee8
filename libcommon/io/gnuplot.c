/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "io/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"

extern char **environ;

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n > m && strcmp(text + n - m, end) == 0;
}

enum ll_picture ll_picture_of(const char *output)
{
	if (strcmp(output, "-") == 0)
		return LL_PICTURE_TEXT;
	if (ends_with(output, ".svg"))
		return LL_PICTURE_SVG;
	if (ends_with(output, ".png"))
		return LL_PICTURE_PNG;
	if (ends_with(output, ".gp"))
		return LL_PICTURE_SCRIPT;
	ll_hint("FILE.svg and FILE.png are pictures, FILE.gp is the script for gnuplot, - draws with characters");
	ll_die(LL_EXIT_USAGE, "%s: not a name of a picture", output);
}

void ll_gnuplot_quote(struct ll_buf *script, const char *text)
{
	ll_buf_putc(script, '\'');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		ll_buf_putc(script, c < ' ' ? ' ' : *text);
		if (c == '\'')
			ll_buf_putc(script, '\'');
	}
	ll_buf_putc(script, '\'');
}

const char *ll_gnuplot_color(size_t i)
{
	static const char *const color[] = { "#3b6ea5", "#d9902f", "#6b9a3d", "#8e5ea2", "#4aa3a2", "#b5651d", "#7f7f7f", "#c0392b" };
	return color[i % LL_COUNT(color)];
}

static void terminal(struct ll_buf *s, enum ll_picture kind, int width, int height)
{
	if (kind == LL_PICTURE_SVG)
		ll_buf_printf(s, "set terminal svg size %d,%d font 'sans,12' background 'white' noenhanced\n", width, height);
	else
		ll_buf_printf(s,
			      "if (strstrt(GPVAL_TERMINALS, 'pngcairo')) { set terminal pngcairo size %d,%d font 'sans,10' noenhanced } "
			      "else { set terminal png size %d,%d noenhanced }\n",
			      width, height, width, height);
}

void ll_gnuplot_begin(struct ll_buf *s, enum ll_picture kind, const char *output, int width, int height, int columns, int rows)
{
	if (kind == LL_PICTURE_TEXT) {
		ll_buf_printf(s, "set terminal dumb %d %d nofeed noenhanced\n", columns, rows);
		return;
	}
	if (kind != LL_PICTURE_SCRIPT) {
		terminal(s, kind, width, height);
		return;
	}
	char *name = ll_strdup(ll_path_base(output));
	name[strlen(name) - strlen(".gp")] = '\0';
	ll_buf_puts(s, "# gnuplot THIS writes an SVG, gnuplot -e \"out='FILE.png'\" THIS a PNG.\nif (!exists('out')) out = ");
	struct ll_buf picture = { 0 };
	ll_buf_printf(&picture, "%s.svg", name);
	ll_gnuplot_quote(s, ll_buf_cstr(&picture));
	ll_buf_puts(s, "\nif (strlen(out) > 4 && out[strlen(out)-2:*] eq 'png') {\n\t");
	terminal(s, LL_PICTURE_PNG, width, height);
	ll_buf_puts(s, "} else {\n\t");
	terminal(s, LL_PICTURE_SVG, width, height);
	ll_buf_puts(s, "}\nset output out\n");
	ll_buf_free(&picture);
	ll_free(name);
}

/* ---- the program ---- */

static pid_t spawn(int script, int out, int complaints)
{
	static char *const argv[] = { (char *)(uintptr_t) "gnuplot", (char *)(uintptr_t) "--default-settings", (char *)(uintptr_t) "-", NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;
	if (posix_spawn_file_actions_init(&actions) != 0)
		ll_die(LL_EXIT_RESOURCE, "cannot start gnuplot");
	posix_spawn_file_actions_adddup2(&actions, script, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
	int error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error == ENOENT) {
		ll_hint("on Debian: apt-get install gnuplot-nox; an output named FILE.gp is the script that it would draw by");
		ll_die(LL_EXIT_RESOURCE, "gnuplot is not installed");
	}
	if (error) {
		errno = error;
		ll_die_errno(LL_EXIT_RESOURCE, "cannot start gnuplot");
	}
	return pid;
}

static struct ll_buf contents(int fd)
{
	struct ll_buf text = { 0 };
	char part[65536];
	uint64_t at = 0;
	for (ssize_t n; (n = pread(fd, part, sizeof(part), (off_t)at)) != 0; at += (uint64_t)n) {
		if (n < 0)
			ll_die_errno(LL_EXIT_RESOURCE, "what gnuplot wrote: cannot read");
		ll_buf_add(&text, part, (size_t)n);
	}
	return text;
}

/* What gnuplot complained of, as one line: it repeats the command before. */
static void LL_NORETURN fail(int complaints)
{
	struct ll_buf text = contents(complaints);
	char *at = ll_buf_cstr(&text), *line, *last = NULL;
	while ((line = strsep(&at, "\n")))
		if (*line)
			last = line;
	ll_die(LL_EXIT_RESOURCE, "gnuplot: %s", last ? last : "failed");
}

void ll_gnuplot_draw(struct ll_str script, enum ll_picture kind, const char *output)
{
	struct ll_out *out = ll_out_open(output, kind == LL_PICTURE_PNG ? LL_OUT_BINARY | ll_out_common_flags() : ll_out_common_flags());
	if (kind == LL_PICTURE_SCRIPT) {
		ll_out_write(out, script.data, script.len);
		ll_out_commit(out);
		return;
	}
	int in = ll_temp_file("the script for gnuplot"), drawn = ll_temp_file("the picture"), complaints = ll_temp_file("messages of gnuplot"), rc;
	ll_pwrite_full(in, script.data, script.len, 0, "the script for gnuplot");
	pid_t pid = spawn(in, drawn, complaints);
	while (waitpid(pid, &rc, 0) < 0)
		if (errno != EINTR)
			ll_die_errno(LL_EXIT_RESOURCE, "gnuplot: cannot wait for it");
	struct ll_buf picture = contents(drawn);
	if (!WIFEXITED(rc) || WEXITSTATUS(rc) != 0 || picture.len == 0)
		fail(complaints);
	ll_out_write(out, picture.data, picture.len);
	ll_out_commit(out);
	ll_buf_free(&picture);
	close(in);
	close(drawn);
	close(complaints);
}
