# SPDX-License-Identifier: MIT
# Bars of two tables, a cluster a group, a colour a tokenizer: called by plot.sh, which sets bytes, words, columns and out.
set datafile separator "\t"
set datafile missing "-"
if (strlen(out) > 0) {
	set terminal pngcairo size 1100,760 font "sans,11" noenhanced
	set output out
	set grid y
} else {
	set terminal dumb 110 26 nofeed noenhanced
}
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.85 noborder
set yrange [0:*]
set xtics rotate by -35 noenhanced
set key outside top center horizontal noenhanced
colors = "#3b6ea5 #c0392b #6b9a3d #8e5ea2 #d9902f #4aa3a2 #7f7f7f #b5651d"
color(i) = word(colors, 1 + (i - 2) % 8)
set multiplot layout 2,1
set title "bytes per token"
plot for [i=2:columns] bytes using i:xtic(1) linecolor rgb color(i) title columnheader(i)
set title "tokens per word"
plot for [i=2:columns] words using i:xtic(1) linecolor rgb color(i) title columnheader(i)
unset multiplot
