# SPDX-License-Identifier: MIT
# ll-bpe inspect: its numbers against inspect_check.py, which has the ids that encode writes; what it says of vocabularies.
. "$ROOT/tests/lib.sh"
check() { PYTHONDONTWRITEBYTECODE=1 python3 "$ROOT/tests/cli/ll-bpe/inspect_check.py" "$@"; }
python3 - > docs.jsonl <<'END'
import json, random
r = random.Random(6)
letters = {"en": "etaoinshrdlu", "de": "enirstdahuäöü", "ja": "日本語のですはいがを、", "el": "αεοιτσκνρ", None: "xyz"}
spaces = [" "] * 20 + ["\n", "\t", "\u00a0", "\u2003", "\u3000", "\u0085", "\u1680", "\u202f", "  ", "\x1c", "\u200b", "\v", "\u2028", "\u205f"]
for i in range(500):
    lang = r.choice(list(letters))
    words = ["".join(r.choice(letters[lang]) for _ in range(r.randint(1, 8))) for _ in range(60)]
    text = "".join(r.choice(words) + r.choice(spaces) for _ in range(r.choice([0, 4, 90])))
    d = {"id": f"d{i}", "source": r.choice(["web", "books", ""]), "text": text}
    if lang: d["lang"] = lang
    if i % 50 == 0: d["lang"] = r.choice([None, 7 if i > 400 else "de"])
    d = {k: v for k, v in d.items() if not (k == "lang" and v is None and i % 100)}
    print(json.dumps(d, ensure_ascii=False))
END
ll-shard import -q -o docs.ll docs.jsonl
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=700 --special='<|endoftext|>' -o a.json docs.ll
ll-bpe train -q --pretokenizer=o200k --vocab-size=1500 --special='<|endoftext|>' --special='<|pad|>' -o b.json docs.ll
ids() { # ids MODEL...: what inspect_check.py wants
	for m; do ll-bpe encode -q -m $m docs.ll | ll-shard export -q > $m.ids; done
	python3 - "$@" <<'END'
import json, sys
out = []
for path in sys.argv[1:]:
    m = json.load(open(path))
    special = [a["id"] for a in m["added_tokens"]]
    tokens = sorted(set(m["model"]["vocab"].values()) | set(special))
    out.append({"vocabulary": max(tokens) + 1, "tokens": tokens, "special": special, "ids": [json.loads(l)["tokens"] for l in open(path + ".ids")]})
json.dump(out, open("ids.json", "w"))
END
}
sed 's/"lang": 7/"lang": "7"/; s/"lang": null/"lang": ""/' docs.jsonl > flat.jsonl
ids a.json b.json
ok "two tokenizers, as a table" ll-bpe inspect -q --by=.lang -m a.json -m b.json -o two.tsv docs.ll
ok "as JSON" ll-bpe inspect -q --by=.lang -m a.json -m b.json --json -o two.json docs.ll
ok "all numbers, by source and language" check two.json two.tsv flat.jsonl ids.json lang
for t in 2 3 8; do ll-bpe inspect -q -@ $t --json --by=.lang -m a.json -m b.json -o many.json docs.ll; same two.json many.json "$t threads"; done
ll-shard split -q --count=99 -o part docs.ll
ll-bpe inspect -q --json --by=.lang -m a.json -m b.json -o many.json part-00003.ll part-0000[01245].ll
same two.json many.json "shards in another order"
ids b.json
ll-bpe inspect -q -m b.json -o one.tsv docs.ll; ll-bpe inspect -q -m b.json --json -o one.json docs.ll
ok "one tokenizer; a tag that no document has" check one.json one.tsv flat.jsonl ids.json
# Tags, as well as members of the document's own.
ll-shard import -q "$ROOT/samples/rivers.html" "$ROOT/samples/bees.txt" -o pages.ll
ok "by a tag" sh -c 'll-bpe inspect -q --by=media_type -m a.json pages.ll | grep -q "^bytes, media_type text/html	"'
ok "a reference of one's own" sh -c 'll-bpe inspect -q --by=.lang --reference=ja -m a.json docs.ll | grep -q "^tokens, en to ja	"'
ok "a tag for a member" ll-bpe inspect --by=language -m a.json docs.ll
says "--by=language: no document has it" "is warned of"
says "hint: a member of the documents' own JSON has a leading dot: --by=.language" "with a hint"
status 3 "one that is not there" ll-bpe inspect -q --by=.lang --reference=zz -m a.json docs.ll
ok "plain text has no groups" sh -c 'll-bpe inspect -q -m a.json -m b.json "$ROOT/samples/trees.txt" > text.tsv && ! grep -q source text.tsv'
is "$(sed -n 's/^bytes	//p' text.tsv)" "$(wc -c < "$ROOT/samples/trees.txt" | sed 's/\(.*\)/\1	\1/')" "but bytes"
: > nothing.txt
ok "no text at all" sh -c 'll-bpe inspect -q -m a.json nothing.txt | grep -qx "bytes per token	-"'
ok "and as JSON" sh -c 'll-bpe inspect -q --json -m a.json nothing.txt | python3 -c "import json, sys; t = json.load(sys.stdin)[\"tokenizers\"][0]; assert t[\"bytes_per_token\"] is t[\"renyi_efficiency\"] is None"'

# Vocabularies by hand: a token that merges do not reach, one that the pre-tokenizer cuts, bytes that are no character.
python3 - <<'END'
import json
m = json.load(open("a.json"))
vocab, n = m["model"]["vocab"], len(m["model"]["vocab"])
chars = {c: c for c in range(33, 127)}
chars.update({c: c for c in list(range(161, 173)) + list(range(174, 256))})
chars.update({c: 256 + k for k, c in enumerate(c for c in range(256) if c not in chars)})
word = lambda b: "".join(chr(chars[c]) for c in b)
m["model"]["merges"] = [[word(b"a"), word(b"b")], [word(b"ab"), word(b"c")], [word(b"b"), word(b"c")], [word(b"x"), word(b" ")], [word(b"\xe6"), word(b"\x97")],
                        [word(b" "), word(b"\xe6\x97")], [word(b"\xe6\x97"), word(b"\xa5")]]
m["model"]["vocab"] = {word(bytes([b])): i for i, b in enumerate(range(256))}
for k, t in enumerate([b"ab", b"abc", b"bc", b"x ", b"\xe6\x97", b" \xe6\x97", b"\xe6\x97\xa5", b"zzzz", b"\xff\xfe", b"\\\n"]):
    m["model"]["vocab"][word(t)] = 256 + k
m["added_tokens"] = [dict(m["added_tokens"][0], id=300)]
json.dump(m, open("hand.json", "w"))
END
ll-bpe inspect -q --json --longest=3 -m hand.json > hand.out
is "$(python3 -c 'import json; t = json.load(open("hand.out"))["tokenizers"][0]; print(t["unreachable"], [i for i in t["invalid_utf8"] if i > 255], [i for i in range(256) if (i in t["invalid_utf8"]) != (i > 127)], t["vocabulary"], [(x["id"], x["bytes"], x["text"]) for x in t["longest"]])')" \
	"[259, 263, 264, 265] [260, 261, 264] [] 301 [(263, 4, 'zzzz'), (257, 3, 'abc'), (261, 3, ' \\\\xe6\\\\x97')]" "by hand"
sed 's/"ignore_merges": *false/"ignore_merges": true/' hand.json > whole.json
is "$(ll-bpe inspect -q --json -m whole.json | python3 -c 'import json, sys; print(json.load(sys.stdin)["tokenizers"][0]["unreachable"])')" "[259, 264, 265]" "with ignore_merges a whole pre-token is reached"
ok "widths" sh -c 'll-bpe inspect -q --widths=5,7 -m a.json -m b.json | grep -qx "embedding parameters, width 7	4900	10500"'
for w in 0 x 5, -1 99999999; do status 2 "--widths=$w" ll-bpe inspect --widths=$w -m a.json; done
status 2 "no tokenizer" ll-bpe inspect docs.ll
status 2 "a reference without texts" ll-bpe inspect --reference=en -m a.json
status 3 "tokens are no texts" sh -c 'll-bpe encode -q -m a.json docs.ll | ll-bpe inspect -m a.json -'
status 4 "no memory for the counts" ll-bpe inspect --memory=1M $(for i in 1 2 3 4 5 6 7 8 9 10; do for j in 1 2 3 4 5 6; do printf ' -m b.json'; done; done) -@ 8 docs.ll
# Several lists of ranks: a pre-tokenizer for each, in order, or one for all.
python3 -c '
import base64
for name, more in (("r1", []), ("r2", [b"ab"])):
    open(name + ".tiktoken", "w").writelines(f"{base64.b64encode(t).decode()} {i}\n" for i, t in enumerate([bytes([b]) for b in range(256)] + more))'
is "$(ll-bpe inspect -q -m r1.tiktoken -m a.json -m r2.tiktoken --pretokenizer=cl100k --pretokenizer=o200k | grep ^pretokenizer)" "pretokenizer	cl100k	gpt2	o200k" "a pre-tokenizer each"
is "$(ll-bpe inspect -q -m r1.tiktoken -m r2.tiktoken --pretokenizer=gpt2 | grep ^pretokenizer)" "pretokenizer	gpt2	gpt2" "one for all"
ok "export" sh -c 'ls r1.tiktoken && ll-bpe export -q --to=gpt2 -m a.json -o pair && gzip -c r2.tiktoken > r2.gz'
if ll-shard -V | grep -q zlib; then
	is "$(ll-bpe inspect -q -m pair/vocab.json -m a.json -m r2.gz --pretokenizer=gpt2 --pretokenizer=o200k | grep ^pretokenizer)" "pretokenizer	gpt2	gpt2	o200k" "files of other kinds, too"
fi
is "$(ll-bpe inspect -q -m a.json -m pair/merges.txt --pretokenizer=gpt2 | grep ^pretokenizer)" "pretokenizer	gpt2	gpt2" "and one for all of them"
status 2 "two for one" ll-bpe inspect -m r1.tiktoken -m a.json --pretokenizer=cl100k --pretokenizer=o200k

# The picture has the numbers of the table.
python3 -c '
import json
for i in range(30):
    print(json.dumps({"id": str(i), "source": "ab"[i % 2], "lang": ["en", "de", None][i % 3], "text": "some words of a text, and a number: %d\n" % i}))' > plot.jsonl
ll-shard import -q -o plot.ll plot.jsonl
status 0 "--plot" ll-bpe inspect -q --by=.lang -m a.json -m b.json --plot=bars.gp -o table.tsv plot.ll
block() { sed -n "/^\$bars$1 << EOD/,/^EOD/p" bars.gp | grep -v EOD; } # block NUMBER
pick() { awk -F '\t' -v OFS='\t' -v measure="$1" '$1 == measure { $1 = "all"; print } index($1, measure ", ") == 1 { sub(measure ", ", "", $1); sub(/^[^ ]* /, "", $1); print }' table.tsv; }
is "$(block 0)" "$(pick "bytes per token")" "bytes per token, of all, by source and by language"
is "$(block 1)" "$(pick "tokens per word")" "tokens per word"
is "$(block 0 | cut -f 1 | tr '\n' ' ')" "all a b - de en " "of each group"
status 2 "--plot without texts" ll-bpe inspect -m a.json --plot=x.svg
status 2 "another ending" ll-bpe inspect -m a.json --plot=x.pdf plot.ll
if command -v gnuplot > /dev/null; then
	ok "an SVG" ll-bpe inspect -q --by=.lang -m a.json -m b.json --plot=bars.svg -o table.tsv plot.ll
	ok "characters" ll-bpe inspect -q --by=.lang -m a.json -m b.json --plot=- -o table.tsv plot.ll
	cp .out characters
	for word in "bytes per token" "tokens per word" a.json b.json all " a " " b " " de " " en "; do ok "have $word" grep -q -- "$word" characters; done
	for word in "bytes per token" "tokens per word" a.json b.json all; do ok "has $word" grep -q -- "$word" bars.svg; done
else skip "pictures" "no gnuplot"; fi
finish
