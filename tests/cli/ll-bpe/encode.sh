# SPDX-License-Identifier: MIT
# Documents to tokens and back.
. "$ROOT/tests/lib.sh"
records() { python3 "$ROOT/tests/format/read_stream.py" "$1" --records; }

ok "train" ll-bpe train -q --pretokenizer=cl100k --vocab-size=600 --special='<|endoftext|>' -o tok.json "$ROOT/samples/trees.txt"
python3 - > docs.jsonl <<'END'
import json, random
r = random.Random(3)
words = open(__import__("os").environ["ROOT"] + "/samples/trees.txt").read().split(" ")
for i in range(400):
    text = " ".join(r.choice(words) for _ in range(r.randint(0, 300)))
    text += "".join(chr(r.choice([10, 0, 0x1f600, 0x10ffff, 0xfeff, 0x2028, 0x301])) for _ in range(i % 4))
    print(json.dumps({"id": f"d{i}", "source": ["web", "books"][i % 2], "text": text}))
END
ok "import" ll-shard import -q --id-key=id --source-key=source -o docs.ll docs.jsonl
ok "encode" ll-bpe encode -q -m tok.json --stats=stats.json -o tokens.ll docs.ll
ok "the token stream is sound" ll-shard check -q tokens.ll
ok "decode" ll-bpe decode -q -m tok.json -o back.ll tokens.ll
records docs.ll > before; records back.ll > after
same before after "keys, ids, sources and texts come back"
for t in 2 3 8; do
	ok "encode with $t threads" ll-bpe encode -q -@ $t -m tok.json -o many.ll docs.ll
	same tokens.ll many.ll "the same file with $t threads"
	ok "decode with $t threads" ll-bpe decode -q -@ $t -m tok.json -o many.ll tokens.ll
	same back.ll many.ll "the same documents with $t threads"
done
ok "pipes" sh -c 'll-bpe encode -q -m tok.json < docs.ll | ll-bpe decode -q -m tok.json > pipe.ll'
records pipe.ll > after; same before after "from pipe to pipe"
ok "counts of text bytes and tokens" python3 - <<'END'
import json, subprocess, os
docs = [json.loads(l) for l in open("before")]
toks = [json.loads(l) for l in subprocess.run(["python3", os.environ["ROOT"] + "/tests/format/read_stream.py", "tokens.ll", "--records"],
                                              stdout=subprocess.PIPE, check=True).stdout.splitlines()]
model = json.load(open("tok.json"))["model"]
assert len(docs) == len(toks)
for d, t in zip(docs, toks):
    assert (d["key"], d["id"], d["source"], len(d["text"].encode())) == (t["key"], t["id"], t["source"], t["text_bytes"])
assert str(sum(len(t["tokens"]) for t in toks)) in open("stats.json").read()
assert max(max(t["tokens"], default=0) for t in toks) < 600 and len(model["vocab"]) == 600
END

# Shard by shard: the same tokenizer, the same tokens.
split -n l/3 docs.jsonl part.
for p in aa ab ac; do
	ll-shard import -q --id-key=id --source-key=source -o $p.ll part.$p && ll-bpe encode -q -m tok.json -o $p.tokens.ll $p.ll
done
cat aa.tokens.ll ab.tokens.ll ac.tokens.ll > parts.ll
records tokens.ll > whole; records parts.ll > parts
same whole parts "three shards encoded apart are the whole"
ok "train on the whole" ll-bpe train -q --pretokenizer=o200k --vocab-size=700 -o whole.json docs.ll
ok "train on the shards" ll-bpe train -q -@ 2 --pretokenizer=o200k --vocab-size=700 -o shards.json ac.ll aa.ll ab.ll
same whole.json shards.json "gives the same tokenizer"

# By hand: ids of "abab abab\n" under merges (a b) (ab ab) (" " abab): abab, " abab", "\n".
printf 'abab abab\n' > toy.txt
ok "a toy" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=259 -o toy.json toy.txt
printf '%s\n' '{"text":"abab abab\n"}' '{"text":""}' '{"text":"bab<|endoftext|>"}' > toy.jsonl
ll-shard import -q toy.jsonl | ll-bpe encode -q -m toy.json > toy.ll
is "$(records toy.ll | python3 -c 'import json,sys; print([json.loads(l)["tokens"] for l in sys.stdin][:2])')" "[[257, 258, 198], []]" "ids by hand"

# Specials are text unless allowed.
ll-shard import -q toy.jsonl | ll-bpe encode -q -m tok.json > plain.ll
ll-shard import -q toy.jsonl | ll-bpe encode -q -m tok.json --allow-special > special.ll
count0() { records "$1" | python3 -c 'import json,sys; print(sum(json.loads(l)["tokens"].count(0) for l in sys.stdin))'; }
is "$(count0 plain.ll) $(count0 special.ll)" "0 1" "a special token in the text"
ll-shard import -q toy.jsonl | ll-bpe encode -q -m tok.json --special=allow > allow.ll
is "$(records allow.ll)" "$(records special.ll)" "the other spelling"
ok "import" ll-shard import -q -o special-docs.ll toy.jsonl
status 3 "a special token refused" ll-bpe encode -m tok.json --special=refuse -o no.ll special-docs.ll
says "the special token <|endoftext|> is in the text" "names it"
ok "or set aside" ll-bpe encode -q -m tok.json --special=refuse --rejects=set-aside.ll -o two.ll special-docs.ll
is "$(records two.ll | wc -l) $(ll-shard export -q --to=jsonl --tags set-aside.ll | grep -c '"special token"')" "2 1" "with its reason"
ok "one of three is not more than 0.4" ll-bpe encode -q -m tok.json --special=refuse --rejects=set-aside.ll --max-rejects=0.4 -o two.ll special-docs.ll
status 3 "but more than 0.3" ll-bpe encode -q -m tok.json --special=refuse --rejects=few.ll --max-rejects=0.3 -o no.ll special-docs.ll
says "1 of 3 records" "counts them"
status 2 "allowed and refused" ll-bpe encode -m tok.json --special=refuse --allow-special -o no.ll special-docs.ll
ok "decode specials" sh -c 'll-bpe decode -q -m tok.json special.ll | ll-shard export -q --to=jsonl | grep -qF "bab<|endoftext|>"'

# Bytes that are no character.
python3 -c 'import json; v = json.load(open("tok.json"))["model"]["vocab"]; print(json.dumps({"id": "half", "tokens": [v["a"], v["ã"]]}))' > half.jsonl
ok "import of ids" ll-shard import -q -m tok.json --from=tokens -o half.ll half.jsonl
status 3 "tokens of half a character" ll-bpe decode -m tok.json -o no.ll half.ll
says "document 'half' decodes to what is no text: not UTF-8" "names the document"
ok "set aside" sh -c 'll-bpe decode -q -m tok.json --rejects=set-aside.ll -o none.ll half.ll && [ "$(ll-shard export -q set-aside.ll | wc -l)" = 1 ]'

# What goes wrong.
status 2 "no tokenizer" ll-bpe encode docs.ll
status 3 "another tokenizer's tokens" ll-bpe decode -m toy.json -o no.ll tokens.ll
says "of tokenizer" "names both"
status 3 "documents are not tokens" ll-bpe decode -m tok.json -o no.ll docs.ll
status 3 "tokens are not documents" ll-bpe encode -m tok.json -o no.ll tokens.ll
status 2 "a wrong pre-tokenizer" ll-bpe encode -m tok.json --pretokenizer=gpt2 -o no.ll docs.ll
head -c 300 tok.json > cut.json
status 3 "a cut tokenizer" ll-bpe encode -m cut.json -o no.ll docs.ll
says "cut.json" "names the file"
head -c 3000 tokens.ll > cut.ll
status 3 "cut tokens" ll-bpe decode -m tok.json -o no.ll cut.ll
status 3 "a stream is no tokenizer" sh -c 'll-bpe encode -m - < docs.ll > /dev/null'
says "standard input: line 1: not" "nor a list of merges"
status 3 "no tokenizer at all" ll-bpe encode -m "$ROOT/samples/trees.txt" --pretokenizer=gpt2 -o no.ll docs.ll
status 4 "a missing tokenizer" ll-bpe encode -m missing.json -o no.ll docs.ll
absent "nothing was written" no.ll
[ -c /dev/full ] && status 4 "a full disk" sh -c 'll-bpe encode -q -m tok.json docs.ll > /dev/full'

# inspect
ok "inspect" sh -c 'll-bpe inspect -q -m tok.json docs.ll "$ROOT/samples/trees.txt" > inspect.tsv'
is "$(sed -n 's/^vocabulary	//p; s/^pretokenizer	//p; s/^eot	//p' inspect.tsv | tr '\n' ' ')" "600 cl100k 0 " "says vocabulary, scheme and end of text"
is "$(sed -n 's/^bytes	//p' inspect.tsv)" \
	"$(python3 -c 'import json,os; print(sum(len(json.loads(l)["text"].encode()) for l in open("before")) + os.path.getsize(os.environ["ROOT"] + "/samples/trees.txt"))')" "counts bytes"
finish
