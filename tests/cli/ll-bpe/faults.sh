# SPDX-License-Identifier: MIT
# Damaged streams, kills, a full disk, a reader that leaves: the right status, no hang, nothing under the final name.
. "$ROOT/tests/lib.sh"
ok "train" ll-bpe train -q --pretokenizer=cl100k --vocab-size=400 -o tok.json "$ROOT/samples/trees.txt"
python3 -c 'import json
text = open("'"$ROOT"'/samples/trees.txt").read()
for i in range(12): print(json.dumps({"id": f"d{i}", "text": text[i * 40:i * 40 + 60]}))' > docs.jsonl
ll-shard import -q -o docs.ll docs.jsonl
ll-bpe encode -q -m tok.json -o tokens.ll docs.ll
ok "every cut and a sample of flipped bits" python3 - <<'END'
import random, subprocess
r = random.Random(5)
def status(command, name, data, pipe):
    out = "out.ll"
    if pipe:
        p = subprocess.run(["ll-bpe", command, "-q", "-m", "tok.json", "-o", out], input=data, stderr=subprocess.PIPE, timeout=60)
    else:
        open("bad.ll", "wb").write(data)
        p = subprocess.run(["ll-bpe", command, "-q", "-m", "tok.json", "-o", out, "bad.ll"], stderr=subprocess.PIPE, timeout=60)
    import os
    assert not os.path.exists(out), (name, p.returncode)
    assert p.returncode == 3 and (b"frame" in p.stderr or b"byte" in p.stderr or b"empty" in p.stderr), (name, p.returncode, p.stderr)
for command, path in (("encode", "docs.ll"), ("decode", "tokens.ll")):
    data = open(path, "rb").read()
    for i in sorted(r.sample(range(len(data)), 60)):
        status(command, f"{path} cut at {i}", data[:i], i % 2)
    for i in r.sample(range(len(data) * 8), 120):
        flipped = bytearray(data)
        flipped[i // 8] ^= 1 << i % 8
        status(command, f"{path} bit {i}", bytes(flipped), i % 2)
END
# Several times what the largest pipe takes.
python3 -c 'import sys; sys.stdout.write(open("docs.jsonl").read() * 2500)' > many.jsonl
ll-shard import -q -o many.ll many.jsonl
i=0; while [ $i -lt 600 ]; do cat "$ROOT/samples/trees.txt"; i=$((i + 1)); done > big.txt

ll-bpe train -q --pretokenizer=cl100k --vocab-size=700 -o want-train big.txt
ll-bpe encode -q -o want-encode -m tok.json many.ll
python3 - > killed <<'END'
import os, random, signal, subprocess, time
r = random.Random(9)
commands = {"train": ["--pretokenizer=cl100k", "--vocab-size=700", "big.txt"], "encode": ["-m", "tok.json", "many.ll"]}
for command, rest in commands.items():
    for how in (signal.SIGTERM, signal.SIGKILL) * 6:
        for f in os.listdir("."):
            if f.startswith("final") or f.startswith(".final"):
                os.remove(f)
        p = subprocess.Popen(["ll-bpe", command, "-q", "-o", "final", *rest], stderr=subprocess.DEVNULL)
        time.sleep(r.random() * 0.05)
        p.send_signal(how)
        p.wait(timeout=60)
        left = [f for f in os.listdir(".") if f.startswith(".final")]
        assert p.returncode in (0, -how), (command, how, p.returncode)
        if p.returncode == 0 or os.path.exists("final"):  # the signal may come after the file was published
            subprocess.run(["cmp", "-s", "final", "want-" + command], check=True)
        else:
            assert how == signal.SIGKILL or not left, (command, left)
print("fine")
END
is "$(cat killed)" fine "killed at random moments: all or nothing"
rm -f final
status 4 "a full disk while training" sh -c 'ulimit -f 1; exec ll-bpe train -q --pretokenizer=gpt2 --vocab-size=700 -o final big.txt'
status 4 "a full disk while encoding" sh -c 'ulimit -f 1; exec ll-bpe encode -q --compress=none -m tok.json -o final many.ll'
absent "nothing is left of it" final
for c in "encode -q -m tok.json many.ll" "decode -q -m tok.json want-encode"; do
	is "$(python3 -c '
import subprocess, sys
p = subprocess.Popen(["ll-bpe", *sys.argv[1:]], stdout=subprocess.PIPE)
p.stdout.read(10)
p.stdout.close()
print(p.wait(timeout=60))' $c)" -13 "a reader that leaves: ${c%% *} ends by SIGPIPE"
done
# A stage that failed upstream.
head -c 2000 many.ll > cut.ll
status 6 "an upstream stage that failed" sh -c 'll-bpe encode -q -m tok.json cut.ll 2> /dev/null | ll-bpe decode -q -m tok.json -o final'
absent "and nothing is written" final
ok "kernels of other processors" env LL_CPU=scalar ll-bpe encode -q -m tok.json -o scalar.ll docs.ll
same tokens.ll scalar.ll "give the same file"
finish
