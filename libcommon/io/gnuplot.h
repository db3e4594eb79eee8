/* SPDX-License-Identifier: MIT */
/*
 * gnuplot.h - pictures by gnuplot, which is called as a program: nothing here needs it to build or to run otherwise.
 *
 * A script of ours draws to standard output and holds its data; the first lines choose the terminal by the ending of the
 * output's name: .svg, .png, .gp (the script itself, for a machine without gnuplot or for changes by hand: it writes an SVG
 * unless it is called with another `out`), and "-" for characters on standard output.
 */
#ifndef LL_GNUPLOT_H
#define LL_GNUPLOT_H

#include "base/buffer.h"

enum ll_picture { LL_PICTURE_TEXT, LL_PICTURE_SVG, LL_PICTURE_PNG, LL_PICTURE_SCRIPT };

/* By the ending of `output`; ends with status 2 on another one. */
enum ll_picture ll_picture_of(const char *output);
/* Appends the lines that choose the terminal; a picture is width x height points, text columns x rows characters. */
void ll_gnuplot_begin(struct ll_buf *script, enum ll_picture kind, const char *output, int width, int height, int columns, int rows);
/* Appends a string as gnuplot reads it. */
void ll_gnuplot_quote(struct ll_buf *script, const char *text);
/* The colour of the i-th thing that is drawn beside others, as "#rrggbb"; after eight the first again. */
const char *ll_gnuplot_color(size_t i);
/* Draws: `output` appears whole or not at all. Ends with status 4, and a hint, when gnuplot is not there or fails. */
void ll_gnuplot_draw(struct ll_str script, enum ll_picture kind, const char *output);

#endif
