#!/bin/sh
# SPDX-License-Identifier: MIT
# The detectors over logs: the spike of BLOOM-176B as its logs were published (2022-04-12), after an assumed quiet baseline.
. "$ROOT/tests/lib.sh"
spike='31214 2.199 .242
31215 2.220 .947
31216 2.595 2.39
31217 2.242 15.9
31218 2.345 145
31219 5.098 960
31220 3.492 353
31221 3.213 379
31222 2.805 650
31250 2.216 .267'
bad="31215 31216 31217 31218 31219 31220 31221 31222 "
log() { # log HEADING AMPLITUDE: 200 quiet rows, then the spike
	printf '%s\n' "$1"
	awk -v a="$2" 'BEGIN { srand(5); for (i = 31014; i < 31214; i++) printf "%d %.4f %.4f\n", i, 2.2 + a * .02 * (rand() + rand() - 1), .17 + a * .1 * (rand() + rand() - 1) }'
	echo "$spike"
}
flagged() { cut -f 1 "$1" | uniq | tr '\n' ' '; }
log "step loss grad_norm" 1 | tr ' ' '\t' > ours.tsv
status 1 "a spike is a negative answer" ll-train watch --replay=ours.tsv
cp .out found; is "$(flagged found)" "$bad" "BLOOM's spike: its first row first, every bad row, no other"
log "step loss grad_norm" 0 | tr ' ' '\t' > flat.tsv
ll-train watch --replay=flat.tsv > found; is "$(flagged found)" "$bad" "the same after a baseline without any spread"
log "iteration,lm loss,gnorm" 1 | tr ' ' ',' | sed '1s/.*/iteration,lm loss,gnorm/' > other.csv
ll-train watch --replay=other.csv > found; is "$(flagged found)" "$bad" "columns of another trainer"
head -n 150 ours.tsv > quiet.tsv; status 0 "a quiet log" ll-train watch --replay=quiet.tsv
# A mean loss that leaves its best by 0.3 slowly: no row is a spike. Averages worked out by hand: the best is that of row 500.
awk 'BEGIN { srand(7); print "step\tloss"; for (i = 1; i <= 1500; i++) printf "%d\t%.5f\n", i, i <= 500 ? 4 - i / 500 : 3 + (i - 500) / 1000 + .2 * (rand() - .5) }' > slow.tsv
ll-train watch --replay=slow.tsv > found
is "$(cut -f 2 found | sort -u)" diverged "a slow departure has diverged, and no row is a spike"
first=$(head -n 1 found | cut -f 1)
ok "100 rows after the mean is 0.3 above its best (row $first)" test "$first" -ge 950 -a "$first" -le 1050
# The gradient rises to a new level and stays, the loss at peace: 16 rows, then it is the level.
awk 'BEGIN { srand(8); print "step\tloss\tgrad_norm"; for (i = 1; i <= 600; i++) printf "%d\t%.5f\t%.5f\n", i, 3 + .2 * (rand() - .5), (i <= 300 ? .2 : 2) * (1 + .2 * rand()) }' > level.tsv
ll-train watch --replay=level.tsv > found
is "$(cut -f 1 found | tr '\n' ' ')" "$(seq 301 316 | tr '\n' ' ')" "a new level of the gradient is one after 16 rows"
printf 'step\tloss\tattention_lse\tlog_z\n1\t2\t999\t-99\n2\t2\t1001\t0\n3\t2\t0\t-101\n' > grown.tsv
ll-train watch --replay=grown.tsv > found
is "$(cut -f 1-3,5 found | tr '\t\n' '  ')" "2 attention_lse 1001 1000 3 log_z -101 -100 " "attention scores and log Z that have grown"
printf 'step\tloss\n1\t2.0\n2\tnan\n' > nan.tsv; status 1 "a loss that is not a number, without gradients" ll-train watch --replay=nan.tsv
printf 'a\tb\n1\t2\n' > no.tsv; status 3 "a log without the columns" ll-train watch --replay=no.tsv
printf 'step\tloss\n1\tx\n' > x.tsv; status 3 "a field that is no number" ll-train watch --replay=x.tsv
says "line 2" "the line is named"
# Quotes of CSV; what a crash of the machine leaves; rows that are none.
printf '_step,"run, x - note","train/loss","grad_norm"\r\n1,"a, 9.5",2.0,"1"\r\n2,"say ""nan"", twice",nan,1\r\n3,"",2,inf\r\n' > quoted.csv
ll-train watch --replay=quoted.csv > found
is "$(tr '\t\n' '  ' < found)" "2 not_finite nan nan nan 3 not_finite inf nan nan " "separators in quotes part nothing"
printf 'step\tloss\n1\t2.0\n\0\0\0\0\n2\tnan\n' > nul.tsv; status 3 "zeros in a log" ll-train watch --replay=nul.tsv
says "nul.tsv: byte 16 is 0: not text" "are no end of it"
printf 'step\tloss\n1\t2.0\n\n2\tnan\n' > blank.tsv; status 3 "a line without columns" ll-train watch --replay=blank.tsv
run() { mkdir -p $1; printf '' > $1/config.conf; printf "$2" > $1/log.tsv; } # run NAME LOG
head='step\ttokens\tloss\n'
run good "${head}1\t4\t2.5\n2\t8\t2.25\n"; run nul "${head}1\t4\t2.5\n\0\0\n2\t8\t2.25\n"
run short "${head}1\t4\n2\t8\t2.25\n"; run word "${head}1\t4\t2.5\n2\t8\t2.2S\n"; run half "${head}1\t4\t2.5\n2\t8\t2.25\n3\t1"
for bad in nul short word; do
	status 3 "report of a log with $bad" ll-train report -o x.gp $bad
	says "$bad/log.tsv: " "it says where"
	status 3 "and its diff" ll-train diff good $bad
done
status 0 "a row that is being written is none" ll-train report -o x.gp half
status 0 "for diff, too" ll-train diff good half
finish
