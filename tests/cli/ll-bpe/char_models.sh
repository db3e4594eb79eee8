# SPDX-License-Identifier: MIT
# Tokenizers over characters: added tokens, decoders. The ids and texts expected are those of tokenizers 0.23.3; random models against it
# are in tests/interop/random_models.py.
. "$ROOT/tests/lib.sh"

# model FILE [DECODER]: WordPiece; "tok" is an added token and an ordinary one, "<m>" takes white space, "ab" is no part of a word.
model() {
	cat > "$1" <<END
{"version":"1.0","truncation":null,"padding":null,"added_tokens":[
{"id":5,"content":"tok","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":false},
{"id":8,"content":"<m>","single_word":false,"lstrip":true,"rstrip":true,"normalized":false,"special":true},
{"id":9,"content":"ab","single_word":true,"lstrip":false,"rstrip":false,"normalized":false,"special":false},
{"id":10,"content":"abc","single_word":true,"lstrip":false,"rstrip":false,"normalized":false,"special":false}],
"normalizer":{"type":"Lowercase"},"pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":null,
"decoder":${2:-null},
"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
"vocab":{"[UNK]":0,"a":1,"##b":2,"##c":3,".":4,"tok":5,"n't":6,"##x":7}}}
END
}
ids() { ll-shard import -q t.jsonl | ll-bpe encode -q "$@" | ll-shard export -q | sed 's/.*"tokens"://; s/}$//' | tr '\n' ' '; }
back() { ll-shard import -q t.jsonl | ll-bpe encode -q --special=allow -m "$1" | ll-bpe decode -q -m "$1" | ll-shard export -q --to=text; }
cat > t.jsonl <<'END'
{"text":"tok TOK Tok"}
{"text":"a <m> a"}
{"text":"<m>  <m>a"}
{"text":"ab abx ab.ab_ abc abcx"}
END
model wp.json
is "$(ids --special=allow -m wp.json)" "[5,5,5] [1,8,1] [8,8,1] [9,1,2,7,9,4,1,2,0,10,1,2,3,7] " "added tokens: ordinary ones too, white space, whole words"
ok "import" ll-bpe import -q -o again.json wp.json
ok "is the same tokenizer" ll-bpe diff -q wp.json again.json
ok "and what it writes as well" ll-bpe import -q -o third.json again.json
same again.json third.json "to the byte"
ll-shard import -q t.jsonl -o docs.ll
status 2 "no offsets" ll-bpe encode --offsets -m wp.json docs.ll
says "--offsets is for byte-level BPE" "says for what they are"

printf '{"text":"a..a"}\n' > t.jsonl
model p.json; sed -i 's/{"type":"BertPreTokenizer"}/{"type":"Punctuation","behavior":"Contiguous"}/' p.json
is "$(ids -m p.json)" "[1,0,1] " "Punctuation, contiguous"
sed -i 's/Contiguous/Isolated/' p.json
is "$(ids -m p.json)" "[1,4,4,1] " "isolated"
sed -i 's/Isolated/Removed/' p.json
status 3 "removed" ll-bpe inspect -m p.json
says "p.json: a Punctuation with behavior 'Removed' is not supported" "is refused by name"

# A Metaspace of the text's beginning only: none where white space was dropped there.
around='"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,"post_processor":null,"decoder":null'
cat > first.json <<END
{$around,"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}]},
"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"▁":1,"##a":2,"a":3}}}
END
printf '{"text":"a a"}\n{"text":" a"}\n{"text":"\\na a"}\n' > t.jsonl
is "$(ids -m first.json)" "[1,2,3] [3] [3,3] " "prepend_scheme first, behind WhitespaceSplit"
# The last bit of a score: by the nearest doubles 000 goes before 00.
cat > scores.json <<END
{$around,"pre_tokenizer":null,"model":{"type":"Unigram","unk_id":0,"byte_fallback":false,
"vocab":[["<unk>",0.0],["2",-10.893001322151564],["00",-10.452395620415645],["000",-5.578726345167745]]}}
END
printf '{"text":"200000"}\n' > t.jsonl
is "$(ids -m scores.json)" "[1,2,3] " "scores as tokenizers reads them"
ok "import" ll-bpe import -q -o again.json scores.json
is "$(ids -m again.json)" "[1,2,3] " "and as they are written"

# Decoders: what there is of them, and by name what there is not.
printf '{"text":"a. z tok"}\n' > t.jsonl
model d.json '{"type":"WordPiece","prefix":"##","cleanup":true}'
is "$(back d.json)" "a. [UNK] tok" "decoder WordPiece with cleanup"
model d.json '{"type":"WordPiece","prefix":"##","cleanup":false}'
is "$(back d.json)" "a . [UNK] tok" "without"
for d in '{"type":"CTC","pad_token":"<pad>","word_delimiter_token":"|","cleanup":true}' '{"type":"BPEDecoder","suffix":"</w>"}' \
	'{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Replace","pattern":{"String":"_"},"content":"-"}]}' \
	'{"type":"Sequence","decoders":[{"type":"Strip","content":" ","start":1,"stop":0},{"type":"Fuse"}]}' \
	'{"type":"Strip","content":" ","start":0,"stop":1}' '{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}'; do
	model no.json "$d"
	status 3 "refused: $d" ll-bpe inspect -m no.json
	says "no.json: decoder" "by its name"
done
model no.json; sed -i 's/"tok":5/"tok":15/' no.json
status 3 "an added token that has another id in the vocabulary" ll-bpe inspect -m no.json
says "no.json: the added token 'tok' is 5, and 15 in the vocabulary" "says so"
finish
