# SPDX-License-Identifier: MIT
# Vocabulary surgery: forbidden and required tokens, extended and pruned tokenizers, against a trainer by the book and by what each
# must keep.
. "$ROOT/tests/lib.sh"
here=$ROOT/tests/cli/ll-bpe
hex() { printf %s "$1" | od -An -tx1 | tr -d ' \n'; }
merges() { python3 "$here/merges.py" "$@"; }
book() { python3 "$here/reference_trainer.py" "$@" > reference; }
vocabulary() { python3 -c 'import json,sys; v = json.load(open(sys.argv[1]))["model"]["vocab"]; print(*sorted(v, key=v.get), sep="\n")' "$1"; }

cat > generate.py <<'END'
import random, sys
r = random.Random(int(sys.argv[1]))
syllables = ["ba", "na", "aa", "an", "ti", "to", "ra", "ss", "e", "i", "'s", "'ll", "--", "...", "12", "7", ":", "\t", "  "]
words = ["".join(r.choice(syllables) for _ in range(r.randint(1, 5))) for _ in range(150)]
for _ in range(200):
    print(" ".join(words[min(int(r.expovariate(0.03)), 149)] for _ in range(r.randint(0, 12))) + r.choice(["", " ", "!", "\r"]))
END
for i in 1 2 3; do python3 generate.py $i > text$i.txt; done

# Forbidden.
for f in 's$' '^[a-z]{3,}$' '\d\d|-'; do
	ok "--forbid=$f" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 --forbid="$f" -o forbid.json text1.txt
	merges forbid.json > ours; book text1.txt 400 --forbid="$f"
	same ours reference "the merges by the book"
done
printf 'ba\nna\n\\x74i\n e\n' > list
ok "--forbid=@FILE" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 --forbid=@list --forbid='--' -o forbid.json text1.txt
merges forbid.json > ours; book text1.txt 400 --forbid='^(ba|na|ti| e)$' --forbid=--
same ours reference "the merges by the book"
printf 'ba\r\nna\r\n\r\n\\x74i\r\n e' > list
ok "--forbid=@FILE with CR LF" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 --forbid=@list --forbid='--' -o crlf.json text1.txt
same forbid.json crlf.json "the same"
status 2 "an empty pattern, which is found anywhere" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 --forbid= -o no.json text1.txt
status 2 "a pattern that is none" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 --forbid='(' -o no.json text1.txt
printf 'a\\q\n' > bad
status 3 "a list with an unknown escape" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 --forbid=@bad -o no.json text1.txt
says "bad: line 1" "names the line"

# Required: there, first, reachable.
ok "--require" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 --require=' banana' --require=nana --require=xyzzy --special='<s>' -o req.json text1.txt
merges req.json > ours; book text1.txt 399 --require=' banana' --require=nana --require=xyzzy
same ours reference "the merges by the book"
printf '%s\n' '{"text":" banana"}' '{"text":"nana"}' '{"text":"xyzzy"}' | ll-shard import -q -o words.ll
is "$(ll-bpe encode -q -m req.json words.ll | python3 "$ROOT/tests/format/read_stream.py" /dev/stdin --records | grep -c '"tokens": \[[0-9]*\]')" 3 "each of them is one token"
ok "with others forbidden" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 --require=banana --forbid='^ba$' --forbid='^na' -o req.json text1.txt
merges req.json > ours; book text1.txt 400 --require=banana --forbid='^ba$' --forbid='^na'
same ours reference "another way to it is found"
printf ' banana\nnana\n\\xff\\xfe\n' > list
ok "--require=@FILE" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 --require=@list -o req.json text1.txt
is "$(merges req.json | grep -c "^ff fe\$")" 1 "bytes by their escapes"
sed 's/$/\r/' list > list.crlf
ok "with CR LF" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 --require=@list.crlf -o crlf.json text1.txt
same req.json crlf.json "the same"
ok "a token that is two pre-tokens" ll-bpe train --pretokenizer=gpt2 --vocab-size=400 --require='a b' -o req.json text1.txt
says "no text becomes it" "is there, with a warning"
status 2 "required and forbidden" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 --require=abc --forbid=c -o no.json text1.txt
status 2 "no way to it" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 --require=abc --forbid='^..$' -o no.json text1.txt
status 2 "required and special" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 --require=abc --special=abc -o no.json text1.txt
status 2 "more required than the size" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=258 --require=abcd -o no.json text1.txt

# Extended: on the same text as if trained at once; on another by the book; ids stay.
ok "two sizes" ll-bpe train -q --pretokenizer=gpt2 --special='<s>' --vocab-size=340,500 -o base-%d.json text1.txt
ok "--extend on the same text" ll-bpe train -q --extend=base-340.json --vocab-size=500 -o more.json text1.txt
same base-500.json more.json "is the larger one"
ok "by counts" sh -c 'll-bpe count -q --pretokenizer=gpt2 text1.txt | ll-bpe train -q --extend=base-340.json --vocab-size=500 -o more.json'
same base-500.json more.json "too"
ok "--extend on another text" ll-bpe train -q --extend=base-340.json --vocab-size=400,450 -o more-%d.json text2.txt text3.txt
merges base-340.json > start; merges more-450.json > ours; cat text2.txt text3.txt > both
python3 - > reference <<'END'
import os, sys
sys.path.insert(0, os.environ["ROOT"] + "/tests/cli/ll-bpe")
from reference_trainer import count, train
start = [tuple(bytes.fromhex(x) for x in line.split()) for line in open("start")]
words = count(open("text2.txt", "rb").read()) + count(open("text3.txt", "rb").read())
for a, b in train(words, 449, start=start):
    print(a.hex(), b.hex())
END
same ours reference "the merges by the book"
vocabulary base-340.json > small; vocabulary more-450.json | head -n 340 > beginning
same small beginning "all ids stay"
ok "with a further special token" ll-bpe train -q --extend=base-340.json --special='<t>' --require=qqq --vocab-size=345 -o more.json text2.txt
is "$(vocabulary more.json | sed -n '341,343p' | tr '\n' ' ')" "<t> qq qqq " "gets the next id, then what is required"
# Ids in an order of their own, special tokens at the end, as GPT-2 has them.
python3 - <<'END'
import json, random
j = json.load(open("base-340.json"))
v, r = j["model"]["vocab"], random.Random(1)
ids = list(range(len(v) + 3))
r.shuffle(ids)
j["model"]["vocab"] = {t: ids[i] for t, i in v.items()}
j["added_tokens"][0]["id"] = ids[0]
json.dump(j, open("odd.json", "w"))
END
ok "--extend of odd ids" ll-bpe train -q --extend=odd.json --vocab-size=400 -o more.json text2.txt
ok "keeps them" python3 - <<'END'
import json
a, b = (json.load(open(f))["model"]["vocab"] for f in ("odd.json", "more.json"))
assert all(b[t] == i for t, i in a.items()) and sorted(set(b.values()) - set(a.values())) == list(range(max(a.values()) + 1, 400))
END
status 2 "a smaller size than there is" ll-bpe train -q --extend=base-340.json --vocab-size=300 -o no.json text2.txt
status 2 "another pre-tokenizer" ll-bpe train -q --extend=base-340.json --pretokenizer=cl100k --vocab-size=400 -o no.json text2.txt
status 3 "counts of another pre-tokenizer" sh -c 'll-bpe count -q --pretokenizer=o200k text1.txt | ll-bpe train -q --extend=base-340.json --vocab-size=400 -o no.json'
status 2 "a special token that is there" ll-bpe train -q --extend=base-340.json --special='<s>' --vocab-size=400 -o no.json text2.txt

# Pruned: to a size, the beginning; by use, the same tokens under new ids.
ok "prune to a size" ll-bpe prune -q -m base-500.json --vocab-size=340 -o got.json
same base-340.json got.json "the smaller tokenizer"
cat > mapped.py <<'END'
"""mapped.py OLD NEW MAP TEXT: NEW's tokens of TEXT are OLD's by MAP; NEW has no gaps; every old id is in MAP."""
import json, os, subprocess, sys
sys.path.insert(0, os.environ["ROOT"] + "/tests/format")
import read_stream
old, new, table, text = sys.argv[1:]
def ids(model):
    s = subprocess.run(f"ll-shard import -q '{text}' | ll-bpe encode -q -m {model}", shell=True, stdout=subprocess.PIPE, check=True).stdout
    return read_stream.read(s, True)[1][0]["tokens"]
pairs = [line.split() for line in open(table)]
assert [int(a) for a, _ in pairs] == list(range(max(json.load(open(old))["model"]["vocab"].values()) + 1))
kept = {int(a): int(b) for a, b in pairs if b != "-"}
assert list(kept.values()) == list(range(len(kept)))
vocab = [json.load(open(m))["model"]["vocab"] for m in (old, new)]
assert {t: kept[i] for t, i in vocab[0].items() if i in kept} == vocab[1]
assert [kept[i] for i in ids(old)] == ids(new)
END
for m in base-500.json odd.json; do for text in text2.txt text3.txt "$ROOT/samples/trees.txt"; do
	ok "prune $m by ${text##*/}" ll-bpe prune -q -m $m --map=map.tsv -o got.json "$text"
	ok "the same tokens under other ids" python3 mapped.py $m got.json map.tsv "$text"
done; done
status 2 "the map under the name of the tokenizer" ll-bpe prune -q -m base-500.json --vocab-size=290 --map=no.json -o no.json
absent "nothing is written" no.json
ok "prune what is rare" ll-bpe prune -q -m base-500.json --min-count=30 --vocab-size=290 --map=map.tsv -o got.json text1.txt
is "$(vocabulary got.json | wc -l | tr -d ' ')" 290 "and to a size"
ok "HF's rules hold" python3 - <<'END'
import json
m = json.load(open("got.json"))["model"]
assert all(a in m["vocab"] and b in m["vocab"] and a + b in m["vocab"] for a, b in m["merges"])
END
status 2 "the map over the tokenizer" ll-bpe prune -m base-500.json --vocab-size=300 --map=no.json -o no.json
status 2 "prune by nothing" ll-bpe prune -m base-500.json -o no.json
status 2 "a size too small" ll-bpe prune -m base-500.json --vocab-size=256 -o no.json
status 2 "a count of nothing" ll-bpe prune -m base-500.json --min-count=2 --vocab-size=300 -o no.json
absent "nothing was written" no.json
finish
