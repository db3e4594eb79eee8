# SPDX-License-Identifier: MIT
# Near-duplicates at a glance: ll-dedup report -o report.txt REJECTS...; gnuplot -e 'report="report.txt"; out="duplicates.png"' duplicates.gp,
# or out="" for charts in the terminal. Blocks of the report: 0 clusters by size, 1 duplicates by similarity.
set datafile separator "\t"
if (out eq "") { set terminal dumb 100 25 noenhanced } else { set terminal pngcairo size 900, 700; set output out }
set multiplot layout 2, 1
unset key
set title "clusters by size"
set logscale xy
set xlabel "documents in a cluster"; set ylabel "clusters"
plot report index 0 using 1:2 with points pointtype 7
unset logscale
set title "duplicates by similarity to their survivor"
set xlabel "similarity, from"; set ylabel "duplicates"
set style fill solid 0.5
set boxwidth 0.04
set yrange [0:*]
plot report index 1 using 1:2 with boxes
unset multiplot
