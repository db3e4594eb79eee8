# SPDX-License-Identifier: MIT
# Merges: by hand, against a trainer by the book, whatever the threads and the cut of the input; and what goes wrong.
. "$ROOT/tests/lib.sh"
here=$ROOT/tests/cli/ll-bpe
hex() { printf %s "$1" | od -An -tx1 | tr -d ' \n'; }
merges() { python3 "$here/merges.py" "$@"; }

# "abab", " abab", "\n": ab is seen four times, then abab twice, then " abab" once.
printf 'abab abab\n' > toy.txt
ok "train a toy" ll-bpe train --pretokenizer=gpt2 --vocab-size=300 -o toy.json toy.txt
says "has 259 ids, not 300" "a warning when pairs run out"
is "$(merges toy.json)" "$(hex a) $(hex b)
$(hex ab) $(hex ab)
$(hex ' ') $(hex abab)" "the merges of the toy, by hand"
# Equal counts: the smallest left id, then the smallest right id.
printf 'cdab\n' > ties.txt
ok "train on ties" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=259 -o ties.json ties.txt
is "$(merges ties.json)" "$(hex a) $(hex b)
$(hex c) $(hex d)
$(hex cd) $(hex ab)" "ties go to the smallest ids"
ok "a minimal frequency" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 --min-frequency=2 -o few.json toy.txt
is "$(merges few.json | wc -l | tr -d ' ')" 2 "ends the merges"
# A merge never spells a special token.
printf 'abab\nabab\nab\nabc\n' > spell.txt
ok "special tokens" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 --special=ab --special='<|endoftext|>' -o spell.json spell.txt
is "$(merges spell.json | grep -c "^$(hex a) $(hex b)\$")" 0 "no merge makes the text of a special token"
ok "ids of specials come first" sh -c 'll-bpe inspect -m spell.json | grep -q "^special 1	<|endoftext|>"'
# Nor what is spelled in the file as one is: a space is written as another letter there.
ok "a special token like a name" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 --special='Ġabab' --special='Ġab' -o name.json toy.txt
is "$(merges name.json | tr '\n' ',')" "$(hex a) $(hex b),$(hex ab) $(hex ab)," "no merge makes what has that name"
ok "which can be read" ll-bpe inspect -m name.json
for s in x 'Ġ' 'é'; do
	status 2 "a special token that is a byte: $s" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 --special="$s" -o no.json toy.txt
	says "the special token '$s' is spelled as token" "says which"
done
ok "nothing to learn from" sh -c ': > empty.txt; ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 -o empty.json empty.txt'
is "$(ll-bpe inspect -m empty.json | sed -n 's/^vocabulary	//p')" 256 "gives the 256 bytes"

# A generated corpus against the trainer by the book.
python3 - > corpus.txt <<'END'
import random
r = random.Random(7)
syllables = ["ba", "na", "aa", "an", "ti", "to", "ra", "ss", "e", "i", "'s", "'ll", "--", "...", "12", "7", ":", "\t", "  "]
words = ["".join(r.choice(syllables) for _ in range(r.randint(1, 5))) for _ in range(150)]
for _ in range(400):
    print(" ".join(words[min(int(r.expovariate(0.03)), 149)] for _ in range(r.randint(0, 12))) + r.choice(["", " ", "!", "\r"]))
END
for lines in "" --lines; do
	ok "train $lines" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=620 $lines -o gen.json corpus.txt
	merges gen.json > ours; python3 "$here/reference_trainer.py" corpus.txt 620 $lines > reference
	same ours reference "merges $lines as by the book"
done

for t in hf ids bytes greatest; do for o in --max-token-length=4 --max-token-length=2 --min-count=2 --min-count=1; do
	ok "--ties=$t $o" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=350 --ties=$t $o -o gen.json corpus.txt
	merges gen.json > ours; python3 "$here/reference_trainer.py" corpus.txt 350 --ties=$t $o > reference
	same ours reference "the merges by the book"
done; done

# A ladder of sizes: every one as if trained alone.
ok "several sizes" ll-bpe train --pretokenizer=gpt2 --vocab-size=620,300,257,5000 --special='<s>' -o ladder-%d.json corpus.txt
says "not 5000" "a warning for the one that is not reached"
for size in 257 300 620 5000; do
	ll-bpe train -q --pretokenizer=gpt2 --vocab-size=$size --special='<s>' -o alone.json corpus.txt 2> /dev/null
	same alone.json ladder-$size.json "$size is as if trained alone"
done
ok "%d wherever it stands" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300,310 -o ladder-%d-%d.json corpus.txt
ok "is the size" test -s ladder-300-300.json -a -s ladder-310-310.json
status 2 "several sizes into one file" ll-bpe train --pretokenizer=gpt2 --vocab-size=300,400 -o no.json corpus.txt
says "hint: -o tok-%d.json" "says how"
status 2 "a size twice" ll-bpe train --pretokenizer=gpt2 --vocab-size=300,300 -o no-%d.json corpus.txt
status 2 "no number" ll-bpe train --pretokenizer=gpt2 --vocab-size=300, -o no-%d.json corpus.txt
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=620 --lines -o gen.json corpus.txt

# The same file whatever the threads, the order and the cut of the input.
i=0; : > big.txt; while [ $i -lt 60 ]; do cat corpus.txt "$ROOT/samples/trees.txt"; i=$((i + 1)); done > big.txt
for p in gpt2 cl100k cl100k-tiktoken o200k llama3 qwen2; do
	ok "$p, one thread" ll-bpe train -q --pretokenizer=$p --vocab-size=900 --special='<|endoftext|>' -o one.json big.txt
	for t in 2 3 8; do
		ok "$p, $t threads" ll-bpe train -q -@ $t --pretokenizer=$p --vocab-size=900 --special='<|endoftext|>' -o many.json big.txt
		same one.json many.json "$p: the same file with $t threads"
	done
done
ok "little memory" ll-bpe train -q -@ 2 --memory=12M --pretokenizer=qwen2 --vocab-size=900 --special='<|endoftext|>' -o many.json big.txt
same one.json many.json "and small stretches give the same file"
gzip -c corpus.txt > corpus.txt.gz
ok "order and compression" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=500 -o a.json corpus.txt.gz toy.txt
ok "the other way round" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=500 -o b.json toy.txt corpus.txt
same a.json b.json "neither changes the merges"
ok "a smaller vocabulary" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 -o c.json toy.txt corpus.txt
merges c.json > small; merges b.json 144 > beginning
same small beginning "is the beginning of a larger one"
ok "plain text from a pipe" sh -c 'cat corpus.txt | ll-bpe train -q --from=text --pretokenizer=gpt2 --vocab-size=620 --lines -o pipe.json'
same gen.json pipe.json "gives the same"

# Documents.
printf '%s\n' '{"text":"abab abab\n"}' '{"text":"cdab"}' > docs.jsonl
ok "import" ll-shard import -q -o docs.ll docs.jsonl
ok "train on documents" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 -o docs.json docs.ll
ok "and from a pipe" sh -c 'll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 < docs.ll > pipe.json'
same docs.json pipe.json "are the same"
printf 'abab abab\n' > one.txt; printf 'cdab' > two.txt
ok "as plain text files" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 -o text.json one.txt two.txt
same docs.json text.json "documents and files give the same merges"

# What is no plain text although it is no stream.
ok "JSONL in place of documents" ll-bpe train --pretokenizer=gpt2 --vocab-size=300 -o json.json docs.jsonl
says "docs.jsonl: begins as JSON does, and is read as plain text" "a warning"
gzip -c docs.jsonl > docs.jsonl.gz
ok "compressed" ll-bpe count -q --pretokenizer=gpt2 -o json.counts docs.jsonl.gz
says "hint: documents come in through ll-shard import" "a warning that says how"
ok "where text is meant" ll-bpe train -q --from=text --pretokenizer=gpt2 --vocab-size=260 -o text.json docs.jsonl
is "$(cat .err)" "" "none"
gzip -c docs.ll > docs.ll.gz
for c in "train --pretokenizer=gpt2 --vocab-size=300" "inspect -m docs.json" "prune -m docs.json" "diff docs.json text.json"; do
	status 3 "a stream that was compressed: ${c%% *}" ll-bpe $c -o no.json docs.ll.gz
	says "docs.ll.gz: an lltools stream that was compressed" "is not read as text"
done

# What goes wrong.
status 2 "no pre-tokenizer" ll-bpe train --vocab-size=300 toy.txt
says "--pretokenizer" "names the option"
status 2 "no size" ll-bpe train --pretokenizer=gpt2 toy.txt
status 2 "a size too small" ll-bpe train --pretokenizer=gpt2 --vocab-size=256 --special=x toy.txt
status 2 "a size too large" ll-bpe train --pretokenizer=gpt2 --vocab-size=2097152 toy.txt
status 2 "an unknown scheme" ll-bpe train --pretokenizer=cl100 --vocab-size=300 toy.txt
says "cl100k" "names the nearest"
status 2 "a special token twice" ll-bpe train --pretokenizer=gpt2 --vocab-size=300 --special=x --special=x toy.txt
status 2 "an empty special token" ll-bpe train --pretokenizer=gpt2 --vocab-size=300 --special= toy.txt
status 3 "plain text where a stream was promised" ll-bpe train --from=docs --pretokenizer=gpt2 --vocab-size=300 -o no.json toy.txt
status 3 "shorter than any stream" ll-bpe train --from=docs --pretokenizer=gpt2 --vocab-size=300 -o no.json two.txt
says "two.txt: frame 0 at byte 0: not a frame of an lltools stream" "is not called a cut one"
says "hint: raw text" "with the same hint"
head -c 100 docs.ll > cut.ll
status 3 "a cut stream" ll-bpe train --pretokenizer=gpt2 --vocab-size=300 -o no.json cut.ll
python3 -c 'for i in range(400000): print("w%xq" % (i * 7919))' > wide.txt
status 4 "a table that does not fit" ll-bpe train --memory=8M --pretokenizer=gpt2 --vocab-size=300 -o no.json wide.txt
says "distinct pre-tokens" "says what needs the memory"
status 4 "and a small one" ll-bpe train --memory=1M --pretokenizer=gpt2 --vocab-size=300 -o no.json two.txt; cp .err said
ok "says a need that is larger than what is left" awk '/needs/ { more = substr($0, index($0, "needs ") + 6) + 0 > substr($0, index($0, "point, ") + 7) + 0 } END { exit !more }' said
absent "nothing was written" no.json
ok "--if-changed" sh -c 'touch -d 2001-01-01 toy.json; ll-bpe train -q --if-changed --pretokenizer=gpt2 --vocab-size=300 -o toy.json toy.txt'
is "$(find toy.json -newermt 2002-01-01)" "" "leaves an equal file alone"
# Before anything is read, not after hours of it.
mkfifo never
for o in "train --pretokenizer=gpt2 --vocab-size=300,400 -o none/%d.json" "count --pretokenizer=gpt2 -o none/c" "merge -o none/c" \
	"prune -m toy.json -o none/p.json" "prune -m toy.json -o p.json --map=none/map" "inspect -m toy.json --plot=none/p.gp"; do
	status 4 "no such folder: $o" timeout 20 ll-bpe $o never
done
status 4 "--no-clobber" ll-bpe train -q --no-clobber --pretokenizer=gpt2 --vocab-size=300 -o toy.json toy.txt
finish
