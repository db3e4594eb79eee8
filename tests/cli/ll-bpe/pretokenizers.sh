# SPDX-License-Identifier: MIT
# Custom pre-tokenizers: patterns alone and in sequence, what becomes of gaps and empty matches, what is refused, and limits.
. "$ROOT/tests/lib.sh"
cat > pieces.py <<'END'
"""pieces.py MODEL TEXT WANTED: the pieces of TEXT, split by '|'. MODEL knows no merges, so a vocabulary in which every
wanted piece is a token (ignore_merges) shows them: a piece that is cut elsewhere comes out as other tokens."""
import json, os, subprocess, sys
sys.path.insert(0, os.environ["ROOT"] + "/tests/format")
model, text, want = json.load(open(sys.argv[1])), sys.argv[2], sys.argv[3].split("|")
chars = [*range(33, 127), *range(161, 173), *range(174, 256)]
rest = [b for b in range(256) if b not in chars]
alphabet = {b: chr(b) for b in chars} | {b: chr(256 + i) for i, b in enumerate(rest)}
spell = lambda s: "".join(alphabet[b] for b in s.encode())
vocab = {alphabet[b]: i for i, b in enumerate(range(256))}
for n in range(len(text)):  # every stretch of the text is a token
    for m in range(n + 1, len(text) + 1):
        vocab.setdefault(spell(text[n:m]), len(vocab))
model["model"].update(vocab=vocab, merges=[], ignore_merges=True)
model["added_tokens"] = []
json.dump(model, open("pieces.json", "w"))
open("text.jsonl", "w").write(json.dumps({"text": text}) + "\n")
run = lambda *a: subprocess.run(a, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
run("ll-shard", "import", "-q", "-o", "text.ll", "text.jsonl")
run("ll-bpe", "encode", "-q", "-m", "pieces.json", "-o", "text.tok", "text.ll")
out = run("python3", os.environ["ROOT"] + "/tests/format/read_stream.py", "text.tok", "--records")
ids = json.loads(out)["tokens"]
assert ids == [vocab[spell(p)] for p in want], ([{v: k for k, v in vocab.items()}[i] for i in ids], want)
END
train() { ll-bpe train -q --vocab-size=256 --from=text -o tok.json "$@" "$ROOT/samples/trees.txt"; }
splits() { # splits NAME TEXT WANTED --pretokenizer=...: what such a tokenizer makes of a text
	_n=$1 _t=$2 _w=$3; shift 3
	ok "$_n: train" train "$@"
	ok "$_n: pieces" python3 pieces.py tok.json "$_t" "$_w"
}
splits "gaps are pieces" "ab12--cd3" "ab|12--|cd|3" '--pretokenizer=regex:\p{L}+'
splits "in sequence" "ab12--cd3" "ab|1|2|--|cd|3" '--pretokenizer=regex:\p{N}' '--pretokenizer=regex:\p{L}+'
splits "digits, then GPT-2" "it's 123 ok" "it|'s| |1|2|3| ok" '--pretokenizer=regex:\p{N}' --pretokenizer=gpt2
splits "a pattern sees nothing around its piece" "a1b" "a|1|b" '--pretokenizer=regex:\p{N}' '--pretokenizer=regex:a(?=1)|(?<=1)b|\p{L}'
splits "empty matches cut, and never loop" "camelCaseABC" "camel|Case|A|B|C" '--pretokenizer=regex:(?=[A-Z])'
splits "a pattern that matches nothing at all" "one two" "one two" '--pretokenizer=regex:x*?(?!)|z+'
splits "a match among gaps" "aXbXc" "a|X|b|X|c" '--pretokenizer=regex:X'
splits "white space is White_Space" "a$(printf '\341\240\216')b c" "a$(printf '\341\240\216')b| |c" '--pretokenizer=regex:\s+'
splits "letters are those of Unicode 16.0" "$(printf '\352\237\213')-b" "$(printf '\352\237\213')|-|b" '--pretokenizer=regex:[\p{L}]+'
splits "deepseek-v3" "f(x)=12345 日本の・a" "f|(x|)=|123|45| |日本の|・|a" --pretokenizer=deepseek-v3
splits "qwen3.5" "नमस्ते 12 it'S" "नमस्ते| |1|2| it|'S" --pretokenizer=qwen3.5

behaviour() { # behaviour NAME INVERT TEXT WANTED: of Split(\p{N}) in a tokenizer.json
	train '--pretokenizer=regex:\p{N}'
	sed -i "s/\"Isolated\",\"invert\":false/\"$1\",\"invert\":$2/" tok.json
	ok "$1, invert $2" python3 pieces.py tok.json "$3" "$4"
}
behaviour Contiguous false "ab12cd3" "ab|12|cd|3"
behaviour Contiguous true "ab12cd3" "ab|12|cd|3"
behaviour MergedWithPrevious false "ab12cd3" "ab1|2|cd3"
behaviour MergedWithPrevious true "ab12cd3" "ab|1|2cd|3"
behaviour MergedWithNext false "ab12cd3" "ab|1|2cd|3"
behaviour MergedWithNext true "ab12cd3" "ab1|2|cd3"
train '--pretokenizer=regex:\p{N}'
sed -i 's/"Regex":"[^"]*"/"String":"[a"/' tok.json
ok "a literal pattern" python3 pieces.py tok.json "x[ab.[a" "x|[a|b.|[a"
ok "is warned of when it looks like a regular expression" ll-bpe inspect -m pieces.json
says "looks like a regular expression" "by name"
train '--pretokenizer=regex:X'
sed -i 's/{"type":"Split"[^}]*}[^}]*}/{"type":"Digits","individual_digits":true}/' tok.json
ok "Digits" python3 pieces.py tok.json "ab12" "ab|1|2"
train '--pretokenizer=regex:X'
sed -i 's/{"type":"Split"[^}]*}[^}]*}/{"type":"Digits","individual_digits":false}/' tok.json
ok "Digits, not one by one" python3 pieces.py tok.json "ab12" "ab|12"

# What Oniguruma reads otherwise runs here as PCRE2 reads it, with a warning, and is refused where nothing says so.
ok "a pattern of PCRE2's own" sh -c 'll-bpe train --vocab-size=256 --from=text -o own.json "--pretokenizer=regex:\w{1,2}+" "$ROOT/samples/trees.txt" > .warned 2>&1'
cp .warned .err; says 'the pattern has \w' "is warned of"
ok "and is read again" ll-bpe inspect -m own.json
sed 's/,"engine":"PCRE2"//' own.json > foreign.json
status 3 "without the mark it is refused" ll-bpe inspect -m foreign.json
says '\w' "by name"
for pattern in '^a' 'a$' 'a{1,3}+' '[^a&&b]' '[a&&[^b]c]' '[a[^b]]' '[[:alpha:]]' '(?<n>a)' '\h' '(?i:\p{L})' '(?m:.)' '\1(a)' '[a-\p{L}]'; do
	train "--pretokenizer=regex:\\p{N}"
	P=$pattern python3 -c 'import json, os; m = json.load(open("tok.json")); m["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = os.environ["P"]; json.dump(m, open("tok.json", "w"))'
	status 3 "refused in a file: $pattern" ll-bpe inspect -m tok.json
done

status 2 "a wrong pattern" train '--pretokenizer=regex:a(b'
says "is wrong at byte 3" "with its place"
status 2 "an unknown name" train --pretokenizer=cl100
says "did you mean cl100k" "with the nearest"
status 2 "an empty pattern" train --pretokenizer=regex:
printf 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' > as
status 3 "a catastrophic pattern in training" ll-bpe train -q --vocab-size=300 --from=text -o x.json '--pretokenizer=regex:(a+)+(?!.)' as
says "goes back more than 10000000 times" "says so"
says "hint:" "and what helps"
absent "and leaves nothing" x.json
ll-bpe train -q --vocab-size=256 --from=text -o gives-up.json '--pretokenizer=regex:(a+)+(?!.)' /dev/null
printf '{"id":"many-as","text":"%s"}\n' "$(cat as)" > as.jsonl
ll-shard import -q --id-key=id -o as.ll as.jsonl
status 3 "the same in diff" ll-bpe diff gives-up.json gives-up.json as
says "as: byte 0: the pattern" "names the file"
status 3 "of documents" ll-bpe diff gives-up.json gives-up.json as.ll
says "as.ll: document 'many-as': byte 0: the pattern" "names the document"
status 3 "the same in prune" ll-bpe prune -m gives-up.json -o x.json as.ll
says "document 'many-as': byte 0: the pattern" "names the document"
absent "and leaves nothing" x.json
status 3 "the same in inspect" ll-bpe inspect -m gives-up.json as.ll
says "document 'many-as': gives-up.json: byte 0: the pattern" "names the document"
status 3 "of plain text" ll-bpe inspect -m gives-up.json --from=text as
says "text 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!': gives-up.json: byte 0: the pattern" "how it begins"
ok "train on other text" train '--pretokenizer=regex:(a+)+(?!.)'
printf '{"id":"good","text":"baa"}\n{"id":"evil","text":"%s"}\n' "$(cat as)" > evil.jsonl
ok "import" ll-shard import -q --id-key=id -o evil.ll evil.jsonl
status 3 "a catastrophic pattern in encoding" ll-bpe encode -q -m tok.json -o evil.tok evil.ll
says "document 'evil': byte 0: the pattern '(a+)+(?!.)'" "names document and pattern"
ok "or a reject" ll-bpe encode -q -m tok.json --rejects=rejects.ll -o evil.tok evil.ll
is "$(ll-shard export -q --to=jsonl --tags rejects.ll | grep -c 'pattern gave up')" 1 "with its reason"
python3 -c 'print("ab" * 3000000, end="")' > deep
status 3 "too many ways back" ll-bpe train -q --vocab-size=300 --from=text -o x.json '--pretokenizer=regex:(?:a|b)+' deep
says "8 MiB" "says so"
ok "none with a possessive quantifier" ll-bpe train -q --vocab-size=256 --from=text -o x.json '--pretokenizer=regex:(?:a|b)++' deep

# Invalid bytes are characters, neither letter nor space.
printf 'a\377b \303 \355\240\200\n\360\237\230' > invalid
for p in 'regex:\p{L}+' 'regex:[^\s]+' 'regex:.' 'regex:\S\s' deepseek-v3; do
	ok "$p: invalid bytes" ll-bpe train -q --vocab-size=300 --from=text -o x.json "--pretokenizer=$p" invalid
done
ok "the same merges at any threads" sh -c 'for t in 1 2 3; do ll-bpe train -q -@ $t --vocab-size=400 --from=text -o t$t.json "--pretokenizer=regex: ?\p{L}+|\p{N}{1,2}" "$ROOT/samples/trees.txt"; done; cmp t1.json t2.json && cmp t1.json t3.json'
finish
