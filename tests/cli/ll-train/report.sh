#!/bin/sh
# SPDX-License-Identifier: MIT
# report and diff --plot: the picture of a run is drawn from its log, its timing and its journal.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"
ll-train $tiny --steps=20 -o a
ll-train $tiny --steps=20 --lr=2e-3 -o b

# The script holds the numbers of the log.
status 0 "the script for gnuplot" ll-train report -o a.gp a
block() { sed -n "/^\$$1 << EOD/,/^EOD/p" "$2" | grep -v EOD; } # block NAME SCRIPT
seven() { awk -F'\t' "$@" | awk '{ for (i = 1; i <= NF; i++) printf "%s%s", ($i == "NaN" ? $i : i == 1 ? $i : sprintf("%.7g", $i)), (i < NF ? " " : "\n") }'; }
is "$(block run0 a.gp | cut -d ' ' -f 1-6)" "$(seven 'NR > 1 { print $1, $3, $3, $4, $5, $5 }' a/log.tsv)" "loss, rate and gradient are those of the log"
is "$(block valid0 a.gp)" "$(seven 'NR > 1 && $6 != "nan" { print $1, $6 }' a/log.tsv)" "and so is the loss on the validation set"
ok "throughput is that of the timing" sh -c "sed -n '/^\$run0/,/^EOD/p' a.gp | grep -v EOD | awk 'NR == FNR { if (FNR > 1) rate[\$1] = \$3; next } { d = \$7 / rate[\$1] - 1; if (d * d > 1e-10) exit 1; n++ } END { exit n != 20 }' a/timing.tsv -"

# A long log: means of rows, and the largest; what the guard and people decided.
mkdir long; cp a/config.conf long
awk 'BEGIN { OFS = "\t"; print "step\ttokens\tloss\tlr\tgrad_norm\tvalid_loss\tskipped\tsample\tperplexity\tattention_lse\tlog_z"
	for (i = 1; i <= 2500; i++) print i, 64 * i, 5 + (i * 7919 % 13) / 10, 0.001, 1 + (i * 7919 % 17) / 10, "nan", (i == 900), 4 * i, 9, 1, 1 }' > long/log.tsv
cat > long/journal.jsonl <<'END'
{"step":100,"kind":"control","text":"lr *= 0.5"}
{"step":900,"kind":"skip","text":"loss 9 is above 7","pin":false,"sample":3600,"loss":9,"documents":["it's"]}
{"step":1700,"kind":"rollback","text":"lr*=0.5","onset":1650,"to":1500,"from":6000,"until":6800}
{"step":2000,"kind":"stop","text":"loss"}
{"step":2000,"kind":"control","text":"accept"}
END
status 0 "a long log" ll-train report -o long.gp long
is "$(block run0 long.gp | wc -l | tr -d ' ')" 834 "has so many points that a screen can show"
is "$(block run0 long.gp | cut -d ' ' -f 1-3 | sed -n '1p;400p;834p')" "$(awk -F'\t' 'NR > 1 { s += $3; m = $3 > m ? $3 : m; n++; if (n == 3 || $1 == 2500) { printf "%s %.7g %.7g\n", $1, s / n, m; s = m = n = 0 } }' long/log.tsv | sed -n '1p;400p;834p')" "means, and the largest beside them"
is "$(block skipped0 long.gp)" "$(seven '$1 == 900 { print $1, $3, $5 }' long/log.tsv)" "an update left out"
is "$(sed -n "s/^set label [0-9]* '\(.*\)' at first \([0-9]*\),.*/\2 \1/p" long.gp)" "100 lr *= 0.5
1500 back from 1700, lr*=0.5
2000 stop; accept" "commands, rollbacks and stops are marked at their step"

cp -r long longer; ll-train report -o two.gp long longer
is "$(grep -o 'skipped[01] using 1:2 with points pointtype 8 linecolor rgb [^ ]*' two.gp | sed 's/.*rgb //' | sort -u | wc -l | tr -d ' ')" 2 "of several runs each has them in a colour of its own"
is "$(grep -c '^set label' two.gp)" 0 "and no other marks"
rm -r longer

# norms.tsv and experts.tsv: a curve a layer or tensor.
ll-train $tiny --steps=6 --set=experts=3 --set=expert_capacity=0.6 --norms-every=2 --experts-every=3 -o parts
status 0 "norms by layer, and experts" ll-train report -o parts.gp parts
is "$(block norms0 parts.gp | awk 'NF')" "$(awk -F'\t' 'NR > 1 { if (!($2 in at)) { at[$2] = n; part[n++] = $2 } row[$2] = row[$2] sprintf("%d %.7g %.7g NaN\n", $1, $3, $5 / $4) }
	END { for (i = 0; i < n; i++) printf "%s", row[part[i]] }' parts/norms.tsv)" "a block a layer: the norm of the gradient, that of the update over that of the weights"
is "$(block norms0 parts.gp | awk '!NF { n++ } END { print n / 2 }')" "$(awk 'NR > 1 { print $2 }' parts/norms.tsv | sort -u | wc -l | tr -d ' ')" "two empty lines between"
is "$(block experts0 parts.gp | awk 'NF')" "$(awk -F'\t' 'NR > 1 { m = $4; l = $4; for (i = 5; i <= NF; i++) { m = $i > m ? $i : m; l = $i < l ? $i : l }
	row[$2] = row[$2] sprintf("%d %.7g %.7g %.7g\n", $1, 3 * m, 3 * l, $3) } END { printf "%s%s", row[0], row[1] }' parts/experts.tsv)" "the busiest and the idlest expert, and choices dropped"
is "$(grep -c "^set ylabel" parts.gp)" 8 "a panel each, beside those of every run"
ok "named by layer" grep -q "\$norms0 index 1 .* title 'wpe', \$norms0 index 2 .* title 'h.0', .* title 'h.1'" parts.gp
awk 'BEGIN { OFS = "\t"; printf "step\tlayer\tdropped"; for (e = 0; e < 130; e++) printf "\te%d", e; print ""
	for (s = 1; s <= 3000; s++) { printf "%d\t0\t0", s; for (e = 0; e < 130; e++) printf "\t%g", e == 129 ? 0.5 : 0.00390625; print "" } }' > long/experts.tsv
ll-train report -o long2.gp long
is "$(block experts0 long2.gp | awk 'NF { n++ } END { print n }') $(block experts0 long2.gp | sed -n 1p)" "1000 3 65 0.5078125 0" "130 experts, and means of many rows"
is "$(grep "^set ylabel" long2.gp | grep -c dropped)" 0 "where none is dropped there is no panel of it"
awk 'BEGIN { print "step\tpart\tgrad_norm\tweight_norm\tupdate_norm"; for (s = 1; s < 3; s++) for (i = 0; i < 40; i++) printf "%d\tt%d\t0\t0\t0\n", s, i }' > long/norms.tsv
ll-train report -o long3.gp long; is "$(grep "^set ylabel" long3.gp | grep -c "by part\|over weights")" 0 "nor of norms that are all 0"
sed -i 's/0\t0\t0$/1\t2\t3/' long/norms.tsv; ll-train report -o long3.gp long
is "$(grep -o "norms0 index [0-9]* using 1:2 [^,]* title '[^']*'" long3.gp | sed "s/.* title//" | tr -d '\n')" " 't0' 't8' 't16' 't24' 't32' 't39'" "of 40 parts some are named"
rm long/norms.tsv long/experts.tsv
status 0 "some panels" ll-train report --panels=experts,loss -o some.gp parts
is "$(sed -n "s/^set ylabel '\(.*\)'/\1/p" some.gp | tr '\n' ' ')" "loss, nats a token busiest, idlest expert " "are those asked for"
status 2 "one that is not there" ll-train report --panels=loss,expert -o x.gp parts
says "did you mean experts?" "says which there are"
status 3 "nothing of what was asked for" ll-train report --panels=experts -o x.gp a
says "has nothing to draw in these panels" "says so"

status 2 "another ending" ll-train report -o a.pdf a
says "a.pdf: not a name of a picture" "says what it is"
mkdir nothing; printf 'step\ttokens\tloss\n1\t2\tnan\n' > nothing/log.tsv
status 3 "nothing but NaN" ll-train report -o x.svg nothing
status 3 "a folder that holds no run" ll-train report -o x.svg ds
status 2 "no run" ll-train report -o x.svg
status 4 "without gnuplot" env PATH="$BIN" ll-train report -o x.svg a
says "ll-train report: gnuplot is not installed" "says so"
says "apt-get install gnuplot-nox" "and what to do"
mkdir c
status 0 "the script is written without it" env PATH="$BIN" ll-train report -o c/a.gp a
same a.gp c/a.gp "the same"
mkdir stub; printf '#!/bin/sh\necho "gnuplot> plot" >&2; echo "line 3: no such thing" >&2; exit 1\n' > stub/gnuplot; chmod +x stub/gnuplot
status 4 "a gnuplot that fails" env PATH="$PWD/stub:$PATH" ll-train report -o x.svg a
says "gnuplot: line 3: no such thing" "what it said"
absent "no picture is left behind" x.svg .x.svg*
if ! command -v gnuplot > /dev/null; then skip "pictures" "no gnuplot"; finish; fi

ok "an SVG" ll-train report -o a.svg a
ok "that is XML, with the curves and what they are" python3 - a.svg <<'END'
import sys, xml.etree.ElementTree as E
texts = [t for e in E.parse(sys.argv[1]).iter() if e.tag.endswith("}text") for t in ["".join(e.itertext()).strip()]]
for want in ("loss, nats a token", "learning rate", "gradient norm", "tokens a second", "step", "training", "validation"):
    assert want in texts, (want, texts)
assert any(t.startswith("a: step 20, loss ") for t in texts), texts
assert sum(e.tag.endswith("}path") for e in E.parse(sys.argv[1]).iter()) > 20
END
ok "the script draws the same" sh -c 'gnuplot -e "out=\"b.svg\"" a.gp && cmp a.svg b.svg'
ok "a PNG" ll-train report -o a.png a
is "$(head -c 4 a.png | tail -c 3)" PNG "is one"
ok "several runs" ll-train report -o both.svg a b
ok "are named" sh -c 'grep -q "a, training" both.svg && grep -q "b, training" both.svg'
ok "one with norms and experts" ll-train report -o parts.svg parts
ok "and several" ll-train report -o all.svg parts a
ok "in characters" sh -c "ll-train report --panels=updates parts | grep -q 'update over weights'"
ok "a long one with marks" ll-train report -o long.svg long
ok "has them" grep -q "back from 1700, lr\*=0.5" long.svg
ok "characters in the terminal" ll-train report a
ok "with what they are" sh -c 'for w in "loss, nats a token" "learning rate" "gradient norm" "tokens a second" "a: step 20"; do ll-train report a | grep -q "$w" || exit 1; done'
status 1 "diff draws, too" ll-train diff --plot=diff.svg a b
same diff.svg both.svg "the same picture"
status 4 "--no-clobber" ll-train report --no-clobber -o a.svg a
finish
