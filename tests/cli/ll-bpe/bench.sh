# SPDX-License-Identifier: MIT
# ll-bpe bench: what it prints, from files and pipes, and what it refuses. How fast is for tests/bench.
. "$ROOT/tests/lib.sh"
ok "train" ll-bpe train -q --pretokenizer=cl100k --vocab-size=600 -o tok.json "$ROOT/samples/trees.txt"
i=0; while [ $i -lt 100 ]; do cat "$ROOT/samples/trees.txt"; i=$((i + 1)); done > big.txt
figures() { printf '%s' "$1" | tail -n 1 | grep -cE '^load_s=[0-9.]+ second=[0-9]+ warm=[0-9]+ skeleton=[0-9]+$'; }
ok "a text" ll-bpe bench --runs=2 -m tok.json big.txt
is "$(figures "$(cat .out)")" 1 "the last line has the figures"
is "$(grep -c '^tokens=' .out)" 2 "after a line for each run"
ids() { sed -n 's/^tokens=\([0-9]*\) .*/\1/p' .out | sort -u; }
cp .out one; want=$(ids)
ok "two threads" ll-bpe bench --runs=1 -@ 2 -m tok.json big.txt
is "$(ids)" "$want" "make as many tokens"
ok "from a pipe" sh -c 'cat big.txt | ll-bpe bench --runs=1 -m tok.json -'
is "$(ids)" "$want" "the same text"
ok "ranks" sh -c 'll-bpe export -q --to=tiktoken -m tok.json -o tok.tiktoken && ll-bpe bench --runs=1 --pretokenizer=cl100k -m tok.tiktoken big.txt'
is "$(ids)" "$want" "of the same tokenizer"
if ll-shard -V | grep -q zlib; then
	gzip -c big.txt > big.gz
	ok "compressed" ll-bpe bench --runs=1 -m tok.json big.gz
	is "$(ids)" "$want" "the same text"
fi
: > empty.txt; echo hello > few.txt
for f in empty.txt few.txt /dev/null; do
	status 3 "too little: $f" ll-bpe bench -m tok.json $f
	says "too few to measure" "says so"
done
ll-shard import -q -o docs.ll big.txt
status 3 "a stream" ll-bpe bench -m tok.json docs.ll
says "hint: ll-shard export --to=text" "says how to make a text of it"
status 2 "no file" ll-bpe bench -m tok.json
status 2 "no tokenizer" ll-bpe bench big.txt
status 2 "two files" ll-bpe bench -m tok.json big.txt big.txt
status 2 "no runs" ll-bpe bench --runs=0 -m tok.json big.txt
status 4 "a missing file" ll-bpe bench -m tok.json missing.txt
finish
