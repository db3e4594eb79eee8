# SPDX-License-Identifier: MIT
# The loss curve of a run: gnuplot -e 'log="RUN/log.tsv"; out="loss.png"' loss.gp, or out="" for a chart in the terminal.
set datafile separator "\t"
set datafile missing ""
if (strlen(out) > 0) {
	set terminal pngcairo size 900,480 font "sans,11"
	set output out
	set title "loss, nats a token"
	set grid
} else {
	set terminal dumb 100 22 nofeed noenhanced
}
set xlabel "step"
set key top right
plot log using (column("step")):(column("loss")) every ::1 with lines lc rgb "#9fb8d8" title "training", \
     log using (column("step")):(column("valid_loss")) every ::1 with linespoints pt 7 lc rgb "#c0392b" title "held out"
