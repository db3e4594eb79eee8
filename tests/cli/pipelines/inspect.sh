# SPDX-License-Identifier: MIT
# pipelines/inspect/plot.sh: the tables of ll-bpe inspect as bars.
. "$ROOT/tests/lib.sh"
plot=$ROOT/pipelines/inspect/plot.sh
python3 -c '
import json
for i in range(30):
    print(json.dumps({"id": str(i), "source": "ab"[i % 2], "lang": ["en", "de", None][i % 3], "text": "some words of a text, and a number: %d\n" % i}))' > docs.jsonl
ll-shard import -q -o docs.ll docs.jsonl
for v in 270 300; do ll-bpe train -q --pretokenizer=gpt2 --vocab-size=$v -o v$v.json docs.ll; done
ll-bpe inspect -q --by=.lang -m v270.json -m v300.json -o table.tsv docs.ll
if ! command -v gnuplot > /dev/null; then skip "plots" "no gnuplot"; finish; fi
ok "a chart in the terminal" "$plot" table.tsv
for word in "bytes per token" "tokens per word" v270.json v300.json all " a " " b " " de " " en "; do ok "has $word" sh -c '"$1" table.tsv | grep -q -- "$2"' sh "$plot" "$word"; done
if gnuplot -e "set terminal pngcairo" 2> /dev/null; then
	ok "an image" "$plot" table.tsv plot.png
	is "$(head -c 4 plot.png | tail -c 3)" PNG "is one"
else
	skip "an image" "gnuplot without cairo"
fi
ll-bpe inspect -q -m v270.json -o bare.tsv
status 3 "a table without texts" "$plot" bare.tsv x.png
status 2 "no table" "$plot"
absent "nothing is made of them" x.png
finish
