# SPDX-License-Identifier: MIT
# Every example that a program's help or a man page shows runs, in a folder that has the files it names.
. "$ROOT/tests/lib.sh"

# The files of the examples.
mkdir stage; cd stage || exit 2
ln -s "$ROOT/samples" samples
python3 - <<'END'
import base64, json, random
random.seed(5)
words = ["the", "of", "and", "to", "that", "with"] + ["".join(random.choice("abcdefghijklmnop") for _ in range(random.randint(3, 8))) for _ in range(300)]
sentence = lambda: " ".join(random.choices(words, k=random.randint(8, 16))).capitalize() + "."
docs = [{"id": f"page-{i}", "source": ("wiki", "web", "essays")[i % 3], "meta": {"id": f"m{i}"}, "lang": "en", "quality": i / 90, "url": "https://a.gov/x",
         "text": "\n".join(" ".join(sentence() for _ in range(4)) for _ in range(3))} for i in range(90)]
def put(name, rows):
    open(name, "w").writelines(json.dumps(d) + "\n" for d in rows)
for name, rows in (("docs", docs), ("pile", docs), ("pages", docs), ("notes", docs[:20]), ("a", docs[:40]), ("b", docs[40:])):
    put(name + ".jsonl", rows)
put("dump.jsonl", [{"content": d["text"], "meta": d["meta"]} for d in docs])
put("thousand.jsonl", [{"text": f"{i} " + sentence()} for i in range(1000)])
put("task.jsonl", [{"query": "the of", "choices": [" and", " to"], "gold": i % 2} for i in range(5)])
put("tasks.jsonl", [{"query": sentence() + " " + sentence(), "choices": ["yes", "no"], "gold": 0} for _ in range(5)])
open("novel.txt", "w").write("\n\n".join(d["text"] for d in docs))
open("novels.txt", "w").write("\n".join(sentence() for _ in range(30000)))
open("wanted.txt", "w").write("page-3\npage-5\n")
open("cl100k_base.tiktoken", "w").writelines(f"{base64.b64encode(bytes([i])).decode()} {i}\n" for i in range(256))
END
for f in docs a b; do ll-shard import -q -o $f.ll $f.jsonl; done
for f in heldout train monday tuesday; do cp docs.ll $f.ll; done
head -c 3000 docs.ll > cut.ll
ll-shard split -q --count=10 -o part docs.ll; ls part-*.ll > list
gzip -c samples/web.warc > web.warc.gz; cp web.warc.gz site.warc.gz; zstd -q pages.jsonl pile.jsonl; gzip -c thousand.jsonl > a.gz
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 --special='<|endoftext|>' -o tok.json docs.ll
for i in 1 2; do ll-bpe count -q --pretokenizer=gpt2 --by=source --part=$i/2 -o part$i.counts a.ll b.ll; done
for c in all mix code; do ll-bpe merge -q -o $c.counts part1.counts part2.counts; done
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=280 --special='<|endoftext|>' -o small.json docs.ll
ll-bpe encode -q -m tok.json -o tokens.ll docs.ll
ll-bpe export -q --to=gguf -m tok.json -o model.gguf; ll-bpe export -q --to=gpt2 -m tok.json -o .
for d in part1 part2 train held; do ll-shard pack -q -m tok.json -o $d tokens.ll; done
ll-shard export -q --to=megatron -o corpus train
for f in a b; do ll-dedup sign -q --minhash=14x8 -o $f.sig $f.ll; ll-dedup sign -q --exact=paragraph -o $f.par $f.ll; done
ll-dedup cluster -q -o all.dup a.sig b.sig; ll-dedup -q --minhash=14x8 --rejects=near.ll -o /dev/null docs.ll
for b in 1-7 8-14; do ll-dedup join -q --bands=$b -o ${b%-*}.join a.sig b.sig; done; mv 8.join 2.join; ll-dedup -q --profile=fineweb --index-out=seen.ix -o /dev/null docs.ll
ll-decontam build -q -o evals.ll tasks.jsonl
printf '[source *]\nepochs = 1\n' > mix.conf
for s in import clean dedup; do ll-clean -q --stats=$s.json -o /dev/null docs.ll; done
ll-train -q --preset=gpt2-tiny --set=vocabulary=300 --data=train --seq-len=32 --batch=4 --steps=20 --lr=1e-3 --warmup=2 --save-every=10 -o run; cp -r run other
cd ..

gzip=$(ll-shard -V | grep zlib) html=$(ll-clean -V | grep HTML)
run() { # run WHERE SCRIPT: in a copy of the files; a training of hours is only planned
	case $2 in # what this build cannot do
	*.gz*) [ -n "$gzip" ] || { skip "$1: $(printf '%s' "$2" | head -n 1)" "built without zlib"; return; } ;;
	esac
	case $2 in *warc*ll-clean*) [ -n "$html" ] || { skip "$1: $(printf '%s' "$2" | head -n 1)" "built without an HTML parser"; return; } ;; esac
	case $2 in *"ll-train report"*|*--plot=*) command -v gnuplot > /dev/null || { skip "$1: $(printf '%s' "$2" | grep -m 1 ll-)" "no gnuplot"; return; } ;; esac
	rm -rf work; cp -R stage work
	case $2 in *"split "*"-o part "*) rm work/part-* ;; esac # of the other examples: more of them than it makes
	{ echo 'set -euo pipefail'; printf '%s\n' "$2"; } > script
	case $2 in *gpt2-124m*--steps=*) sed -i 's/--data=train --valid=held//; s/-o run/--dry-run -o planned/' script ;; esac
	sed -i 's/ll-train bench --preset=gpt2-124m/& --layers=1 --steps=1/' script # whole steps of twelve layers take half a minute
	ok "$1: $(printf '%s' "$2" | grep -m 1 ll-)" sh -c 'cd work && exec bash ../script'
}

for program in "$BIN"/ll-*; do
	p=$(basename "$program"); : > found
	for c in "" $($p --list-options < /dev/null | grep '^command' | cut -f2); do
		$p $c --help < /dev/null | sed -n '/^Examples:/,/^$/s/^  //p' | sed "s/^/$p${c:+ $c} --help	/" >> found
	done
	ok "$p --help has examples" test -s found
	while IFS='	' read -r where line; do
		case $where in *salvage*) line="$line || [ \$? = 1 ]" ;; esac # something was left out
		run "$where" "$line" < /dev/null
	done < found
done
# The displays of the man pages that run a program, each as one script.
for page in "$ROOT"/man/*.[1-8]; do
	p=$(basename "$page")
	sed -n '/^\.Bd -literal/,/^\.Ed/p' "$page" | sed 's/\\e/\\/g' | awk -v p="$p" '/^\.Bd/ { s = ""; next } { if (!/^\.Ed/) { s = s $0 "\n"; next } }
		s ~ /(^|[ \n])ll-[a-z]* / && s !~ / > ll-/ { f = p "." ++k; printf "%s", s > f; close(f) }'
	for f in "$p".[0-9]; do
		[ -e "$f" ] || continue
		case $f in
		ll-train.1.1) sed -i '1i rm -r run' "$f" ;; # it begins one
		ll-shard.1.5) cat ll-shard.1.4 "$f" > both; mv both "$f" ;;
		ll-dedup.1.[23]) sed -i 's/^.*\$I.*$/for I in 1 2 3 4 5 6 7 8; do &; done/' "$f" ;;
		esac
		run "$p" "$(cat "$f")"
	done
done
sed -n '/^\.Bd/,/^\.Ed/p' "$ROOT/man/lltools-where.7" | sed '/^\.Ed/q' | grep -v '^\.' | sed 's/\\e/\\/g' > expressions
while read -r e; do ok "lltools-where.7: $e" sh -c 'cd stage && ll-sample -q --where="$1" -o /dev/null docs.ll' sh "$e"; done < expressions
# Recipes of ll-sample.1.
sed -n '/^\.Bd/,/^\.Ed/p' "$ROOT/man/ll-sample.1" | awk '/^\.Bd/ { s = ""; next } /^\.Ed/ { if (s ~ /^\[|\n\[/) { f = "recipe." ++k; printf "%s", s > f } next } { s = s $0 "\n" }'
sed -i 's/2e9/2e4/' recipe.2 # the documents are few
ll-sample -q --where='source != "essays"' -o two.ll stage/docs.ll
ok "ll-sample.1: a recipe of rates" ll-sample -q --recipe=recipe.1 -o recipe.ll stage/docs.ll
ok "ll-sample.1: a recipe of weights" ll-sample -q --recipe=recipe.2 -m stage/tok.json -o recipe.ll two.ll
finish
