# SPDX-License-Identifier: MIT
# check and compare of token datasets, made by the independent writer in tests/format: whole, cut, changed, different.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"
printf '{"id":"a","text":"one two"}\n{"id":"b","text":"three"}\n' | ll-shard import -q - -o docs.ll

ok "check of a dataset" ll-shard check ds
ok "prints what it is" sh -c 'll-shard check ds | grep -q "^ds: dataset, .* documents, .* tokens, id [0-9a-f]*: good$"'
ll-shard info --json ds docs.ll > info.json || :
is "$(python3 - <<'END'
import json
said, manifest = json.load(open("info.json")), json.load(open("ds/manifest.json"))
d = said[0]
print([s["kind"] for s in said], [k for k in ("documents", "tokens", "text_bytes", "vocabulary", "tokenizer", "id") if d[k] != manifest[k]],
      (-1 if d["eot"] is None else d["eot"]) == manifest["eot"], d["file"])
END
)" "['dataset', 'docs'] [] True ds" "info --json of a dataset says what its manifest does, beside a stream"
ok "info for people: counts, tokenizer" sh -c 'll-shard info ds > i; grep -q "^ds: dataset, [0-9]* documents, [0-9]* tokens, [0-9]* bytes of text, id [0-9a-f]*$" i && grep -q "tokenizer [0-9a-f]*, vocabulary" i'
ok "info of a dataset that was packed names the pipeline" sh -c "ll-bpe encode -q -m tok.json docs.ll | ll-shard pack -q -m tok.json -o packed && ll-shard info packed | grep -q 'll-bpe encode' && ll-shard info --json packed | grep -q 'll-shard pack'"
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=258 -o bare.json docs.ll && ll-bpe encode -q -m bare.json docs.ll | ll-shard pack -q -m bare.json -o bare
is "$(ll-shard info --json bare | python3 -c 'import json, sys; d = json.load(sys.stdin)[0]; print(d["eot"], d["vocabulary"], d["documents"])')" "None 258 2" "info of a dataset without end of text"
ok "the same for people" sh -c 'll-shard info bare | grep -q "vocabulary 258, no end of text"'
status 3 "info of a directory that is no dataset" sh -c 'mkdir -p empty && ll-shard info empty'
ok "compare with itself" ll-shard compare ds ds
make_dataset whole tok.json < text
ok "cut into files otherwise it is equal" ll-shard compare ds whole
make_text 2 > text2
make_dataset other tok.json < text2
status 1 "another dataset" ll-shard compare ds other
python3 - > try <<'END'
import os, shutil, subprocess
bad = tried = 0
for member in sorted(os.listdir("ds")):
    data = open(f"ds/{member}", "rb").read()
    for what, changed in (("cut by one", data[:-1]), ("cut in the middle", data[:len(data) // 2]), ("empty", b""), ("missing", None),
                          ("a bit at the start", bytes([data[0] ^ 1]) + data[1:]), ("a bit at the end", data[:-1] + bytes([data[-1] ^ 4])),
                          ("a bit in the middle", data[:len(data) // 2] + bytes([data[len(data) // 2] ^ 2]) + data[len(data) // 2 + 1:]),
                          ("a byte more", data + b"\0")):
        shutil.rmtree("bad", ignore_errors=True)
        shutil.copytree("ds", "bad")
        if changed is None: os.remove(f"bad/{member}")
        else: open(f"bad/{member}", "wb").write(changed)
        p = subprocess.run(["ll-shard", "check", "-q", "bad"], capture_output=True)
        tried += 1
        if p.returncode not in ((3,) if changed is not None else (3, 4)) or b"bad" not in p.stderr:
            bad += 1
            print(member, what, p.returncode, p.stderr)
print(tried, "tried", bad, "bad")
END
is "$(tail -n 1 try | cut -d' ' -f3)" 0 "every member, cut or changed: $(cat try)"
finish
