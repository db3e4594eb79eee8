# SPDX-License-Identifier: MIT
# As many planted pairs are found as the S-curve says, within three sigma, for documents of 20 to 2,000 words, for the default and every
# profile. PAIRS: how many (tests/long/dedup_s_curve.sh takes many); JOINT=1: the cells share one chance of a false alarm.
. "$ROOT/tests/lib.sh"

JOINT=${JOINT:-0}
python3 "$ROOT/tests/cli/ll-dedup/s_curve.py" make ${PAIRS:-400} ${SEED:-1} d.jsonl
ll-shard import -q -o d.ll d.jsonl
set -- words:14x8 words:20x5 fineweb:14x8 datatrove:14x8 slimpajama:9x13 text-dedup:24x10 nemo:20x13 refinedweb:450x20
for p; do
	name=${p%:*} shape=${p#*:}
	if [ $name = words ]; then how=--minhash=$shape; else how=--profile=$name; fi
	ll-dedup -q $how --rejects=r.ll -o o.ll d.ll
	ll-shard export -q r.ll | sed 's/^{"id":"\([^"]*\)".*/\1/; s/^{"id": "\([^"]*\)".*/\1/' > gone
	python3 "$ROOT/tests/cli/ll-dedup/s_curve.py" check $name ${shape%x*} ${shape#*x} d.jsonl gone $((JOINT * $#)) > said
	is "$(tail -n 1 said)" good "$name $shape: $(grep ', all:' said | sed 's/.*all: //'), by similarity and by length too"
	[ "$(tail -n 1 said)" = good ] || sed 's/^/# /' said
done
finish
