# SPDX-License-Identifier: MIT
# Token datasets for other trainers and back: Megatron, llm.c, nanoGPT, JSON lines. The readers here are written from the
# formats' descriptions (man ll-shard) with struct and array alone; they also write files as the trainers' own scripts do.
. "$ROOT/tests/lib.sh"
cat > formats.py <<'END'
import array, json, os, struct, sys
LETTERS = "abcdefghij"

def dataset(d):
    """(documents with their end-of-text tokens, manifest) of a dataset without a look at documents.ll."""
    m = json.load(open(d + "/manifest.json"))
    data = b"".join(open(f"{d}/{f['name']}", "rb").read() for f in m["files"])
    ids, docs, one = array.array("HI"[m["width"] == 4], data), [], []
    for i in ids:
        one.append(i)
        if i == m["eot"]:
            docs.append(one); one = []
    assert not one
    return docs, m

def read_megatron(prefix):
    x = open(prefix + ".idx", "rb").read()
    magic, version, code, s, d = struct.unpack_from("<9sQBQQ", x)
    assert magic == b"MMIDIDX\0\0" and version == 1
    lengths = struct.unpack_from(f"<{s}i", x, 34)
    pointers = struct.unpack_from(f"<{s}q", x, 34 + 4 * s)
    index = struct.unpack_from(f"<{d}q", x, 34 + 12 * s)
    assert len(x) == 34 + 12 * s + 8 * d and index[0] == 0 and index[-1] == s
    kind = {1: "B", 4: "i", 8: "H"}[code]
    b = open(prefix + ".bin", "rb").read()
    seqs = [list(struct.unpack_from(f"<{n}{kind}", b, p)) for n, p in zip(lengths, pointers)]
    assert sum(lengths) * struct.calcsize(kind) == len(b)
    return [sum(seqs[i:j], []) for i, j in zip(index, index[1:])], code

def read_llmc(path):
    b = open(path, "rb").read()
    h = struct.unpack("<256i", b[:1024])
    assert h[0] in (20240520, 20240801) and h[1] == (1 if h[0] == 20240520 else 7) and not any(h[3:])
    size = 2 if h[0] == 20240520 else 4
    assert len(b) == 1024 + h[2] * size
    return list(array.array("HI"[size == 4], b[1024:])), h[0]

def write_llmc(path, ids, magic=20240520):
    h = [magic, 1 if magic == 20240520 else 7, len(ids)] + [0] * 253
    open(path, "wb").write(struct.pack("<256i", *h) + array.array("H" if magic == 20240520 else "I", ids).tobytes())

def write_megatron(prefix, docs, code, split=1):
    """As Megatron's own builder with several sequences a document."""
    kind = {1: "B", 3: "h", 4: "i", 5: "q", 8: "H"}[code]
    seqs, index = [], [0]
    for d in docs:
        n = max(1, len(d) // split)
        seqs += [d[i:i + n] for i in range(0, len(d), n)] or [[]]
        index.append(len(seqs))
    size, at, pointers = struct.calcsize("<" + kind), 0, []
    for s in seqs:
        pointers.append(at); at += len(s) * size
    open(prefix + ".bin", "wb").write(b"".join(struct.pack(f"<{len(s)}{kind}", *s) for s in seqs))
    open(prefix + ".idx", "wb").write(struct.pack("<9sQBQQ", b"MMIDIDX\0\0", 1, code, len(seqs), len(index)) + struct.pack(f"<{len(seqs)}i", *map(len, seqs))
        + struct.pack(f"<{len(seqs)}q", *pointers) + struct.pack(f"<{len(index)}q", *index))

def tokenizer(path, vocabulary):
    """A tokenizer of so many ids: end-of-text, bytes, pairs of bytes; the pairs of LETTERS have the highest."""
    chars = [chr(c) for c in list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))]
    chars += [chr(256 + k) for k in range(68)]
    pairs = [(a, b) for a in chars for b in chars if not (a in LETTERS and b in LETTERS)]
    last = [(a, b) for a in LETTERS for b in LETTERS]
    merges = (pairs + [None] * 70000)[:vocabulary - 257 - len(last)]
    assert None not in merges or vocabulary > 65800
    merges = [m for m in merges if m] + last
    tokens = ["<|endoftext|>"] + chars + [a + b for a, b in merges]
    json.dump({"version": "1.0", "truncation": None, "padding": None, "added_tokens": [{"id": 0, "content": "<|endoftext|>", "single_word": False, "lstrip": False,
        "rstrip": False, "normalized": False, "special": True}], "normalizer": None, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False,
        "trim_offsets": True, "use_regex": True}, "post_processor": None, "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True,
        "use_regex": True}, "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
        "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": {t: i for i, t in enumerate(tokens)}, "merges": [list(m) for m in merges]}},
        open(path, "w"))
END
py() { PYTHONDONTWRITEBYTECODE=1 python3 -c "from formats import *
$1"; }
py 'import random
r = random.Random(8)
for i in range(700):
    text = " ".join("".join(r.choice(LETTERS) for _ in range(r.randint(1, 9))) for _ in range(r.choice([0, 3, 30, 200])))
    print(json.dumps({"id": f"d{i}", "source": "ab"[i % 2], "text": text}))' > docs.jsonl
ll-shard import -q -o docs.ll docs.jsonl

# Every width rule at its edge: Megatron goes to i32 at 65500 ids, llm.c to its 32-bit format above 65536.
for v in 400 65499 65500 65536 65537; do
	py "tokenizer('tok$v.json', $v)"
	ll-bpe encode -q -m tok$v.json -o tok$v.ll docs.ll
	ok "a dataset of $v ids" ll-shard pack -q -m tok$v.json --tokens-per-file=30001 -o ds$v tok$v.ll
	ok "$v: to Megatron" ll-shard export -q --to=megatron -o mega$v ds$v
	ok "$v: its documents, in order, at the width of its rule" py "
docs, m = dataset('ds$v')
assert m['vocabulary'] == $v and ($v < 1000 or max(map(max, docs)) == $v - 1)
got, code = read_megatron('mega$v')
assert got == docs and code == (8 if $v < 65500 else 4)"
	ok "$v: to llm.c" ll-shard export -q --to=llmc --tokens-per-file=20000 -o llmc$v ds$v
	ok "$v: its tokens in files of 20000" py "
docs, m = dataset('ds$v')
ids, n = [], 0
while os.path.exists(f'llmc${v}_{n:06d}.bin'):
    part, magic = read_llmc(f'llmc${v}_{n:06d}.bin')
    assert magic == (20240520 if $v <= 65536 else 20240801)
    ids, n = ids + part, n + 1
    assert len(part) == 20000 or len(ids) == m['tokens']
assert ids == sum(docs, []) and n == -(-m['tokens'] // 20000)"
done
ok "to nanoGPT" ll-shard export -q --to=nanogpt -o nano ds65536
ok "its tokens" py "assert list(array.array('H', open('nano.bin', 'rb').read())) == sum(dataset('ds65536')[0], [])"
status 3 "an id of 17 bits does not go into 16" ll-shard export -q --to=nanogpt -o wide ds65537
says ".bin: token " "is named with its file"
says "has id 65536, which does not fit the 16 bits of nanogpt" "and its id"
says "hint: llmc has ids of 32 bits" "and where to go"
is "$(ls -A | grep -c wide)" 0 "and nothing is left of it"
printf '{"text":"zz"}\n' | ll-shard import -q --from=jsonl | ll-bpe encode -q -m tok65537.json | ll-shard pack -q -m tok65537.json -o small
ok "a large vocabulary without such an id" sh -c 'll-shard export -q --to=nanogpt -o small small && test "$(wc -c < small.bin)" = 4'
mkdir folder
status 2 "a folder is no prefix" ll-shard export -q --to=megatron -o folder/ ds400
says "a prefix of names, such as folder/corpus" "says what is"
ll-shard export -q --to=megatron -o two ds400 ds400
ok "two datasets, one after the other" py "
docs = dataset('ds400')[0]
assert read_megatron('two')[0] == docs + docs"
ok "books" sh -c 'll-shard export -q --stats=stats.json --to=nanogpt -o nano ds400 && grep -q "\"in\":700,\"kept\":700" stats.json'
ll-shard export -q --to=llmc -o one ds400
is "$(ls one_*)" one_000000.bin "llm.c: one file where nothing asks for more"

# What is refused.
status 2 "no prefix" ll-shard export --to=megatron ds400
status 2 "streams are no datasets" ll-shard export --to=megatron -o x tok400.ll
says "ll-shard pack makes datasets" "says what to do"
status 2 "not both" ll-shard export -o x ds400 tok400.ll
status 2 "no tags" ll-shard export --tags -o x ds400
status 2 "no text" ll-shard export --to=text -o x ds400
status 2 "files of Megatron are not cut" ll-shard export --to=megatron --tokens-per-file=5 -o x ds400
status 2 "too many files" ll-shard export --to=llmc --tokens-per-file=1 -o x ds400
says "--tokens-per-file=" "says what would do"
status 3 "two tokenizers" ll-shard export --to=megatron -o x ds400 ds65536
status 4 "an older file that would be read along" ll-shard export --to=llmc --tokens-per-file=50000 -o llmc400 ds400
says "remove the files of the older export" "is named"
cp -r ds400 bad; printf '\1\2' | dd of=bad/tokens-00000.bin bs=1 seek=5000 conv=notrunc 2> /dev/null
for to in megatron llmc nanogpt jsonl; do status 3 "a damaged dataset to $to" ll-shard export --to=$to -o x bad; done
is "$(ls -A | grep -c '^\.*x')" 0 "nothing is left"
cp mega400.bin before; ok "--if-changed" ll-shard export -q --if-changed --to=megatron -o mega400 ds400; same before mega400.bin "is the same"
status 4 "--no-clobber" ll-shard export -q --no-clobber --to=megatron -o mega400 ds400

# JSON lines: of a dataset as of the stream, and back to the very records.
ok "a dataset as lines" ll-shard export -q -o ds.jsonl ds400
ll-shard export -q -o stream.jsonl tok400.ll
ok "which are those of the stream, in another order" sh -c 'sort ds.jsonl > a; sort stream.jsonl > b; cmp a b'
ok "the order of the dataset" py "assert [json.loads(l)['tokens'] + [0] for l in open('ds.jsonl')] == dataset('ds400')[0]"
ll-shard import -q docs.jsonl --source-key=none | ll-bpe encode -q -m tok400.json -o plain.ll
ok "lines to tokens" ll-shard import -q --from=tokens -m tok400.json -o back.ll stream.jsonl
ok "are the records they came from, keys too" ll-shard compare --ordered back.ll plain.ll
printf '%s\n' '{"tokens":[]}' '' '{ "id": 7, "tokens" : [ 1 , 2 ,3], "source":"s\u0041"}' > odd.jsonl
ll-shard import -q --from=tokens -m tok400.json odd.jsonl | ll-shard export -q > odd.back
is "$(cat odd.back)" '{"id":"odd.jsonl#1","tokens":[]}
{"id":"7","tokens":[1,2,3]}' "blanks, no id, an id that is a number"
for line in '{"tokens":[1,-2]}' '{"tokens":[1.5]}' '{"tokens":[1e3]}' '{"tokens":["1"]}' '{"tokens":3}' '{"id":"a"}' '{"tokens":[4294967296]}' '{"tokens":[1'; do
	echo "$line" > bad.jsonl
	status 3 "refused: $line" ll-shard import --from=tokens -m tok400.json -o x bad.jsonl
done
printf '%s\n' '{"tokens":[1,-2]}' '{"id":"good","tokens":[5]}' > bad.jsonl
ok "or set aside" sh -c 'll-shard import -q --from=tokens -m tok400.json --rejects=rej.ll -o some.ll bad.jsonl && test "$(ll-shard export -q some.ll)" = "{\"id\":\"good\",\"tokens\":[5]}"'
ok "with the reason" sh -c 'll-shard export -q --tags rej.ll | grep -q tokens_not_ids'
echo '{"tokens":[400]}' > bad.jsonl
status 3 "an id outside the vocabulary" ll-shard import --from=tokens --rejects=rej.ll -m tok400.json -o x bad.jsonl
says "the vocabulary has no id 400" "is named"

# Back from Megatron: our own, and files as its scripts write them.
tokens() { ll-shard export -q "$1" | python3 -c "import json, sys; print([json.loads(l)['tokens'] for l in sys.stdin])"; }
py "print([d[:-1] for d in dataset('ds400')[0]])" > plain
for name in mega400 mega400.idx mega400.bin; do
	ok "from $name" ll-shard import -q --from=megatron -m tok400.json --source=web -o mega.ll $name
	tokens mega.ll > got; same got plain "is the dataset"
done
for v in 65499 65537; do
	ll-shard import -q --from=megatron -m tok$v.json mega$v | ll-shard pack -q --no-shuffle -m tok$v.json -o again$v
	ok "$v: the dataset again" py "assert dataset('again$v')[0] == dataset('ds$v')[0]"
done
# Where no document has an id of its own, source and text make its key, as in an import of text.
ll-shard import -q --id-key=none --source-key=none docs.jsonl | ll-bpe encode -q -m tok400.json | ll-shard pack -q -m tok400.json -o keyed
ll-shard export -q --to=megatron -o keyed keyed
ll-shard import -q --from=megatron -m tok400.json keyed | ll-shard pack -q -m tok400.json -o keyed2
ok "keys are those of a text without an id: the same shuffle" ll-shard compare keyed keyed2
py "
docs = [d[:-1] for d in dataset('ds400')[0][:50] if len(d) > 9]
write_megatron('several', docs, 4, split=3)
write_megatron('wide', docs, 5)
write_megatron('short', docs, 3)
print(docs)" > want
for f in several wide short; do
	ll-shard import -q --from=megatron -m tok400.json -o m.ll $f; tokens m.ll > got
	same got want "several sequences a document, other types, no end-of-text: $f"
done
py "
x, b = open('several.idx', 'rb').read(), open('several.bin', 'rb').read()
s, d = struct.unpack_from('<QQ', x, 18)
def write(name, index=x, data=b):
    open(name + '.idx', 'wb').write(index); open(name + '.bin', 'wb').write(data)
put = lambda at, form, v: x[:at] + struct.pack(form, v) + x[at + struct.calcsize(form):]
write('b-magic', b'X' + x[1:]); write('b-version', put(9, '<Q', 2)); write('b-type', put(17, '<B', 7)); write('b-type9', put(17, '<B', 9))
write('b-count', put(18, '<Q', s + 1)); write('b-huge', put(18, '<Q', 2**61)); write('b-entries', put(26, '<Q', d - 1)); write('b-none', put(26, '<Q', 0))
write('b-length', put(34, '<i', -1)); write('b-long', put(34, '<i', 2**31 - 1)); write('b-place', put(34 + 4 * s, '<q', -8)); write('b-place2', put(34 + 4 * s, '<q', len(b)))
write('b-first', put(34 + 12 * s, '<q', 1)); write('b-order', put(34 + 12 * s + 8, '<q', s)); write('b-cut', x[:-1]); write('b-more', x + b'\0')
write('b-modes', x + b'\0' * s); write('b-empty', b''); write('b-data', data=b[:-4]); write('b-id', data=struct.pack('<i', 400) + b[4:]); write('b-minus', data=struct.pack('<i', -1) + b[4:])"
for f in b-*.idx; do
	status 3 "refused: $f" ll-shard import -q --from=megatron -m tok400.json -o x $f
	says "${f%.idx}" "with its name"
done
absent "nothing is made of them" x
cp several.idx lone.idx
status 4 "no .bin" ll-shard import -q --from=megatron -m tok400.json -o x lone

# Back from llm.c: our files, and its own with end-of-text in front.
ok "from llm.c" ll-shard import -q --from=llmc -m tok400.json -o llmc.ll llmc400_*.bin
tokens llmc.ll > got; same got plain "is the dataset, documents across files too"
ll-shard import -q --from=llmc -m tok65537.json llmc65537_*.bin | ll-shard pack -q --no-shuffle -m tok65537.json -o again
ok "of 32 bits" py "assert dataset('again')[0] == dataset('ds65537')[0]"
py "
docs = [d[:-1] for d in dataset('ds400')[0][:9]]
ids = sum(([0] + d for d in docs), [])
write_llmc('front_0.bin', ids[:77]); write_llmc('front_1.bin', ids[77:]); write_llmc('none.bin', [])
print(docs)" > want
ll-shard import -q --from=llmc -m tok400.json -o front.ll none.bin front_0.bin front_1.bin
tokens front.ll > got; same got want "end-of-text in front of each document"
is "$(ll-shard export -q front.ll | sed -n 's/^{"id":"\([^"]*\)".*/\1/p' | head -n 1)" "front_0.bin#1" "ids are file and number"
py "write_llmc('tail.bin', [5, 6, 0, 0, 7])
b = open('tail.bin', 'rb').read()
open('e-short.bin', 'wb').write(b[:-1]); open('e-long.bin', 'wb').write(b + b'\0\0'); open('e-head.bin', 'wb').write(b[:1000])
open('e-magic.bin', 'wb').write(struct.pack('<i', 20240522) + b[4:]); open('e-version.bin', 'wb').write(b[:4] + struct.pack('<i', 2) + b[8:])
open('e-minus.bin', 'wb').write(b[:8] + struct.pack('<i', -5) + b[12:]); write_llmc('e-id.bin', [400]); write_llmc('wide.bin', [1], 20240801)"
ll-shard import -q --from=llmc -m tok400.json -o tail.ll tail.bin
is "$(tokens tail.ll)" "[[5, 6], [], [7]]" "an empty document and an open end"
for f in e-*.bin; do
	status 3 "refused: $f" ll-shard import -q --from=llmc -m tok400.json -o x $f
	says "$f" "with its name"
done
status 3 "two widths" ll-shard import -q --from=llmc -m tok400.json -o x tail.bin wide.bin
status 2 "no tokenizer" ll-shard import -q --from=llmc -o x tail.bin
status 2 "a tokenizer for text" ll-shard import -q -m tok400.json -o x docs.jsonl
status 2 "from a pipe" ll-shard import -q --from=llmc -m tok400.json -o x -
status 3 "--expect" ll-shard import -q --from=megatron --expect=699 -m tok400.json -o x mega400
ok "--expect, met" ll-shard import -q --from=megatron --expect=700 -m tok400.json -o y mega400
sed 's/<|endoftext|>/<|other|>/g' tok400.json > noeot.json
status 3 "llm.c without an end-of-text token" ll-shard import -q --from=llmc -m noeot.json -o x tail.bin
says "has no end-of-text token" "says so"
ll-bpe encode -q -m noeot.json -o noeot.ll docs.ll; ll-shard pack -q -m noeot.json -o noeot noeot.ll 2> /dev/null
ok "Megatron does not need one" ll-shard export -q --to=megatron -o noeot noeot
ll-shard import -q --from=megatron -m noeot.json noeot | ll-shard pack -q --no-shuffle -m noeot.json -o noeot2 2> /dev/null
ok "and it comes back" ll-shard compare noeot noeot2
status 3 "tokens are no text" sh -c 'll-shard export --to=text < noeot.ll'
says "standard input: a stream of tokens cannot be exported as text" "names the input"
says "hint: ll-bpe decode" "says what makes text of them"
absent "nothing of what failed" x
finish
