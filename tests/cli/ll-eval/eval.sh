# SPDX-License-Identifier: MIT
# ll-eval with a tiny model: scores recomputed from the log-likelihoods, items independent of each other, bits per byte against
# the same texts as items, generation, cloze tasks, bad input.
. "$ROOT/tests/lib.sh"
PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE

python3 - > d.jsonl <<'END'
import json, random
random.seed(2)
w = "river stone garden window letter forest candle harbour mountain kettle orchard bridge crosses follows remembers".split()
for i in range(80):
    print(json.dumps({"id": f"d{i}", "text": " ".join("the " + random.choice(w) + " of the " + random.choice(w) + " and the naïve " +
          random.choice(w) + "." for _ in range(6))}))
END
ll-shard import -q -o d.ll d.jsonl
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 --special='<|endoftext|>' -o tok.json d.ll
ll-bpe encode -q -m tok.json d.ll | ll-shard pack -q -m tok.json -o data
ll-train -q --preset=gpt2-tiny --set=vocabulary=300 --data=data --seq-len=64 --batch=4 --steps=60 --lr=3e-3 --warmup=5 -@ 1 -o run

python3 - <<'END'
import json, random
random.seed(4)
w = "river stone garden window letter forest candle harbour mountain kettle orchard bridge".split()
with open("mc.jsonl", "w") as f:
    for i in range(37):
        c = random.sample(w, random.choice([2, 3, 4]))
        f.write(json.dumps({"query": "the " + random.choice(w) + " of the", "choices": c + ["naïve " + c[0]], "gold": random.randrange(len(c))}) + "\n")
    f.write(json.dumps({"context_options": ["the river", "of the"], "continuation": "stone", "gold": 1}) + "\n")
    f.write(json.dumps({"context": "", "continuation": "the river of"}) + "\n")
END
tac mc.jsonl > reversed.jsonl
ok "a task file is scored" ll-eval -q --model=run/latest --json --samples=s1 -o r1 mc.jsonl
for t in 2 3; do ll-eval -q --model=run/latest --json --samples=s$t -@ $t -o r$t mc.jsonl; same r1 r$t "equal scores at -@ $t"; same s1 s$t "equal log-likelihoods at -@ $t"; done
ll-eval -q --model=run/latest --json --samples=back -o /dev/null reversed.jsonl
is "$(sed 's/.*"log_likelihood"//; s/,"best".*//' s1 | sort | cksum)" "$(sed 's/.*"log_likelihood"//; s/,"best".*//' back | sort | cksum)" \
	"an item's log-likelihood does not depend on the items beside it"
is "$(python3 - <<'END'
import json, math
r = json.load(open("r1"))["tasks"][0]
items = [json.loads(l) for l in open("mc.jsonl")]; s = [json.loads(l) for l in open("s1")]
right = dict.fromkeys(("acc", "acc_norm", "acc_bytes", "acc_tokens"), 0)
for item, x in zip(items, s):
    c = item.get("choices") or [item["continuation"]] * len(x["log_likelihood"])
    size = {"acc": [1] * len(c), "acc_norm": [len(t) for t in c], "acc_bytes": [len(t.encode()) for t in c], "acc_tokens": x["tokens"]}
    for k in right:
        v = [l / n for l, n in zip(x["log_likelihood"], size[k])]
        right[k] += x["greedy"] if "gold" not in item else v.index(max(v)) == item["gold"]
n, bad = len(items), []
for k in right:
    if abs(r[k] - right[k] / n) > 1e-12: bad.append(k)
p, z = right["acc"] / n, 1.959963984540054
mid, half = (p + z * z / (2 * n)) / (1 + z * z / n), z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
if abs(r["wilson_low"] - (mid - half)) > 1e-9 or abs(r["wilson_high"] - (mid + half)) > 1e-9: bad.append("wilson")
if abs(r["stderr"] - math.sqrt(p * (1 - p) / (n - 1))) > 1e-12: bad.append("stderr")
print(bad)
END
)" "[]" "every printed score follows from the log-likelihoods"

for i in 1 8 20 38 39; do
	sed -n ${i}p mc.jsonl > alone.jsonl; ll-eval -q --model=run/latest --samples=sa -o /dev/null alone.jsonl
	is "$(sed 's/.*"log_likelihood"//; s/,"best".*//' sa)" "$(sed -n "${i}s/.*\"log_likelihood\"//; ${i}s/,\"best\".*//p" s1)" "item $i alone"
done

# Bits per byte of short texts that begin with a space are the log-likelihoods of the same texts as continuations of nothing.
printf '%s\n' '{"id":"1","text":" the river of the stone."}' '{"id":"2","text":" and the naïve garden"}' > short.jsonl
ll-shard import -q -o short.ll short.jsonl
ll-eval bpb -q --model=run/latest --json -o bpb short.ll
sed 's/"id":"[12]","text"/"context":"","continuation"/' short.jsonl > items.jsonl
ll-eval -q --model=run/latest --json --samples=si -o /dev/null items.jsonl
is "$(python3 -c '
import json, math
b = json.load(open("bpb")); nats = -sum(json.loads(l)["log_likelihood"][0] for l in open("si"))
print(abs(b["bits_per_byte"] - nats / math.log(2) / b["bytes"]) < 1e-9)')" True "bits per byte agree with items"
# A text of more than two windows of a model of bytes, as the items that rolling windows are: 64 after the prefix, 64 after one
# byte, the last 22 in a window that slid back to be full.
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=257 --special='<|endoftext|>' -o bytes.json d.ll
ll-bpe encode -q -m bytes.json d.ll | ll-shard pack -q -m bytes.json -o bytes
ll-train -q --preset=gpt2-tiny --set=vocabulary=257 --data=bytes --seq-len=64 --batch=4 --steps=30 --lr=3e-3 --warmup=5 -@ 1 -o brun
python3 - <<'END'
import json
t = list((" the river of the stone and the garden" * 4)[:150])
for i in (63, 85, 127): t[i] = "x"
for i in (64, 128): t[i] = " "
t = "".join(t)
json.dump({"id": "long", "text": t}, open("long.jsonl", "w"))
open("windows.jsonl", "w").writelines(json.dumps({"context": c, "continuation": x}) + "\n"
    for c, x in (("", t[:64]), (t[63], t[64:128]), (t[85:128], t[128:])))
END
ll-shard import -q -o long.ll long.jsonl
ll-eval bpb -q --model=brun/latest --json -o lb long.ll
ll-eval -q --model=brun/latest --samples=lw -o /dev/null windows.jsonl
is "$(python3 -c '
import json, math
b = json.load(open("lb")); w = [json.loads(l) for l in open("lw")]; nats = -sum(x["log_likelihood"][0] for x in w)
print([x["tokens"][0] for x in w], b["tokens"], abs(b["bits_per_byte"] - nats / math.log(2) / 150) < 1e-9)')" \
	"[64, 64, 22] 150 True" "rolling windows"
ll-eval bpb -q --model=run/latest --json -o b1 d.ll; ll-eval bpb -q --model=run/latest --json -@ 3 -o b3 d.ll
same b1 b3 "bits per byte at -@ 3"
is "$(ll-eval bpb -q --model=run/latest --json d.ll | sed 's/.*"tokens":\([0-9]*\).*/\1/')" "$(ll-bpe encode -q -m tok.json d.ll | ll-shard export -q - | python3 -c '
import json, sys
print(sum(len(json.loads(l)["tokens"]) for l in sys.stdin))')" "every token is counted once"
ll-eval bpb -q --model=run/latest --json --baseline=unigram --fit=d.ll -o u d.ll
is "$(ll-bpe encode -q -m tok.json d.ll | ll-shard export -q - | python3 -c '
import json, math, sys
from collections import Counter
docs = [json.loads(l)["tokens"] for l in sys.stdin]; c = Counter(t for d in docs for t in d); n = sum(c.values())
u = json.load(open("u")); bits = -sum(math.log2((c[t] + 1) / (n + 300)) for d in docs for t in d)
print(abs(bits / u["bytes"] - u["unigram_bits_per_byte"]) < 1e-9)')" True "the unigram baseline"

for a in 1 2; do ll-eval generate -q --model=run/latest --prompt='the' --max-tokens=30 --temperature=0 > g$a; done
same g1 g2 "the likeliest text is the same text"
ll-eval generate -q --model=run/latest --prompt='naïve' --max-tokens=50 --temperature=3 --seed=1 > g3
ok "no half characters" python3 -c 'open("g3", encoding="utf-8").read()'
for a in 1 2; do ll-eval generate -q --model=run/latest --prompt='the' --max-tokens=30 --temperature=2 --seed=$a > h$a; done
ok "another seed, another text" sh -c '! cmp -s h1 h2'
for a in 1 2 3 4; do # bytes at random, whose characters are whole by chance only
	ll-eval generate -q --model=brun/latest --prompt="$(printf 'na\377\303')" --max-tokens=60 --temperature=100 --seed=$a > h
	ok "random bytes make no half characters, seed $a" python3 -c 'open("h", encoding="utf-8").read()'
done
ok "a cloze task" ll-eval make-cloze -q --items=30 --seed=3 -o c1 d.ll
ll-shard split -q --by-key=3 -o p d.ll
ll-eval make-cloze -q --items=30 --seed=3 -o c2 p-00002.ll p-00000.ll p-00001.ll
same c1 c2 "the same task from shards in any order"
ok "four different choices, the right one among them" python3 -c '
import json
rows = [json.loads(l) for l in open("c1")]
assert rows and all(len(set(r["choices"])) == 4 and 0 <= r["gold"] < 4 for r in rows)'

python3 - > nul.jsonl <<'END'
import json
t = "The quick brown fox jumps over the lazy dogs and then sleeps%s on every single warm and windy morning in the %s."
for w in "river stone garden kettle candle".split():
    print(json.dumps({"id": w + "0", "text": t % ("\0", w)}))
    print(json.dumps({"id": w, "text": t % ("", w)}))
END
ll-shard import -q -o nul.ll nul.jsonl
ll-eval make-cloze -q -o c3 nul.ll
is "$(grep -c . c3) $(grep -c 'sleeps"' c3)" "5 0" "a NUL ends no sentence and no query"
ok "gold is the word that the text goes on with" python3 -c '
import json
texts = [json.loads(l)["text"] for l in open("d.jsonl")]
for r in map(json.loads, open("c1")):
    s = r["query"] + " " + r["choices"][r["gold"]]
    assert any(s + c in t for t in texts for c in ".?!"), s'

bad() { # the second line of a file is bad
	printf '%s\n' '{"query":"a","choices":["b","c"],"gold":1}' "$1" > bad.jsonl
	status 3 "$2" ll-eval -q --model=run/latest bad.jsonl; says "bad.jsonl: line 2" "$2: file and line are named"
}
bad '{"query":"a","choices":["b"],"gold":1}' "gold out of range"
bad '{"query":"a"' "no JSON"
bad '{"query":"a","choices":[],"gold":0}' "no choices"
bad '{"query":"a","choices":[1],"gold":0}' "a choice that is no string"
bad '{"choices":["b"],"gold":0}' "no query"
bad '{"query":"a","gold":0}' "choices are missing"
bad '{"query":"a","choices":["b"],"gold":-1}' "gold below 0"
bad '{"query":"a","choices":["b"],"gold":0} x' "something after the object"
bad "{'query':'a','choices':['b'],'gold':0}" "single quotes"
bad "$(printf '{"query":"a","choices":["b\377"],"gold":0}')" "no UTF-8"
bad "{\"query\":\"a\",\"choices\":[\"$(printf '%0300d' 0 | sed 's/0/x q/g')\"],\"gold\":0}" "a choice longer than the context"
echo '{"query":"a","choices":["b","c"],"gold":1}' > good.jsonl
status 2 "no task from a pipe: it is read twice" sh -c 'cat good.jsonl | ll-eval -q --model=run/latest -'
says "pipe" "a pipe: the cause"
echo kept > kept
status 4 "--no-clobber holds for --samples" ll-eval -q --model=run/latest --no-clobber --samples=kept -o new good.jsonl
is "$(cat kept)" kept "the samples that were there stay"
: > none.jsonl; ll-shard import -q -o none.ll none.jsonl
status 3 "no text has no bits per byte" ll-eval bpb -q --model=run/latest none.ll
status 2 "no model" ll-eval mc.jsonl
ok "a cut or flipped member of the model is named" python3 - <<'END'
import os, random, shutil, subprocess
r = random.Random(3)
for member in sorted(os.listdir("run/latest")):
    data = open("run/latest/" + member, "rb").read()
    for i in range(8):
        shutil.rmtree("broken", ignore_errors=True)
        shutil.copytree(os.path.realpath("run/latest"), "broken")
        at = r.randrange(len(data))
        open("broken/" + member, "wb").write(data[:at] if i % 2 else data[:at] + bytes([data[at] ^ 1 << i]) + data[at + 1:])
        p = subprocess.run(["ll-eval", "-q", "--model=broken", "good.jsonl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert p.returncode == 3 and f"broken/{member}: ".encode() in p.stderr and not p.stdout, (member, i, at, p)
END
finish
