# SPDX-License-Identifier: MIT
"""Every command of the suite that writes data, as one table for same_bytes.sh and interrupts.sh: {out} is the output.
`prepare` makes the inputs in the working directory; a run is deterministic, so any two outputs are compared whole."""
import json, os, random, shutil, subprocess, sys, traceback

COMMANDS = {  # name: command line. The output is a file or a folder; DIR marks the folders, PREFIX what makes
    # several files, MODEL what prints numbers that come out of a model.
    "import": "ll-shard import -q -o {out} d.jsonl",
    "import gz": "ll-shard import -q -o {out} d.jsonl.gz",
    "import html": "ll-shard import -q --from=html -o {out} pages",
    "export": "ll-shard export -q --to=jsonl -o {out} d.ll",
    "export text": "ll-shard export -q --to=text -o {out} d.ll",
    "export tags": "ll-shard export -q --to=jsonl --tags -o {out} d.ll",
    "export dataset": "ll-shard export -q --to=jsonl -o {out} data",
    "export megatron": "ll-shard export -q --to=megatron -o {out} data",
    "export llmc": "ll-shard export -q --to=llmc --tokens-per-file=90000 -o {out} data",
    "export nanogpt": "ll-shard export -q --to=nanogpt -o {out} data",
    "import megatron": "ll-shard import -q --from=megatron -m tok.json -o {out} mega",
    "import llmc": "ll-shard import -q --from=llmc -m tok.json -o {out} llmc_000000.bin llmc_000001.bin",
    "import tokens": "ll-shard import -q --from=tokens -m tok.json -o {out} d.tok.jsonl",
    "cat": "ll-shard cat -q -o {out} d.ll e.ll",
    "head": "ll-shard head -q -n 900 -o {out} d.ll",
    "salvage": "ll-shard salvage -q -o {out} d.ll",
    "get": "ll-shard get -q --id=d3 --id=d7 -o {out} d.ll",
    "split": "ll-shard split -q --by-key=3 -o {out} d.ll",
    "pack": "ll-shard pack -q -m tok.json --tokens-per-file=20000 -o {out} d.tok",
    "clean repair": "ll-clean -q --profile=repair -o {out} d.ll",
    "clean gopher": "ll-clean -q --profile=gopher -o {out} --rejects={out}.rej d.ll",
    "clean c4": "ll-clean -q --profile=c4 -o {out} --rejects={out}.rej d.ll",
    "clean fineweb": "ll-clean -q --profile=fineweb -o {out} --rejects={out}.rej d.ll",
    "clean html": "ll-clean -q --html=main --profile=repair -o {out} pages.ll",
    "exact": "ll-dedup -q --exact -o {out} d.ll e.ll",
    "exact lines": "ll-dedup -q --exact=line --rejects={out}.rej -o {out} d.ll e.ll",
    "exact shared": "ll-dedup -q --exact=paragraph --keep=none -o {out} d.ll e.ll",
    "exact bloom": "ll-dedup -q --exact=line --memory=16M --bloom=0.01 -o {out} d.ll e.ll",
    "substring": "ll-dedup -q --substring=40 -o {out} d.ll e.ll",
    "substring tokens": "ll-dedup -q --substring=20:tokens -m tok.json --rejects={out}.rej -o {out} d.tok",
    "minhash": "ll-dedup -q --minhash=14x8 -o {out} d.ll e.ll",
    "minhash verified": "ll-dedup -q --minhash=20x5 --jaccard=0.7 --tag-survivors --rejects={out}.rej --index-out={out}.index -o {out} d.ll e.ll",
    "minhash component": "ll-dedup -q --minhash=20x5 --jaccard=0.7 --cluster=component --rejects={out}.rej -o {out} d.ll e.ll",
    "minhash against": "ll-dedup -q --minhash=20x5 --jaccard=0.7 --against=e.ix -o {out} d.ll",
    "sign verify": "ll-dedup sign -q --minhash=20x5 --verify --through={out}.docs -o {out} d.ll",
    "join": "ll-dedup join -q --bands=3-9 -o {out} d.sig e.sig",
    "dedup report": "ll-dedup report -q -o {out} near.rej",
    "sign": "ll-dedup sign -q --minhash=14x8 -o {out} d.ll",
    "cluster": "ll-dedup cluster -q -o {out} d.sig e.sig",
    "apply": "ll-dedup apply -q --duplicates=d.dup -o {out} d.ll",
    "sign lines": "ll-dedup sign -q --exact=line -o {out} d.ll",
    "cluster lines": "ll-dedup cluster -q -o {out} d.line.sig e.line.sig",
    "apply lines": "ll-dedup apply -q --duplicates=line.dup --rejects={out}.rej -o {out} d.ll",
    "decontam build": "ll-decontam build -q -o {out} eval.jsonl",
    "decontam": "ll-decontam -q --index=eval.ix --action=cut -o {out} d.ll",
    "sample": "ll-sample -q --rate=0.5 --holdout=0.1:{out}.held -o {out} d.ll",
    "sample recipe": "ll-sample -q --recipe=mix.conf -o {out} d.ll",
    "sample count": "ll-sample count -q -m tok.json -o {out} d.ll",
    "train tokenizer": "ll-bpe train -q --pretokenizer=cl100k --vocab-size=600 -o {out} d.ll",
    "train tokenizer by patterns": r"ll-bpe train -q --pretokenizer=regex:\p{N}{1,2} --pretokenizer=regex:\s?\p{L}+|\s+(?!\S) --vocab-size=400 -o {out} d.ll",
    "train counts": "ll-bpe train -q --vocab-size=600 -o {out} d.counts e.counts",
    "train ladder": "ll-bpe train -q --pretokenizer=gpt2 --vocab-size=280,400,600 -o {out}-%d.json d.ll",
    "extend": "ll-bpe train -q --extend=tok.json --require=zebras --forbid=[aeiou]$ --vocab-size=600 -o {out} d.ll",
    "count tokenizer": "ll-bpe count -q --pretokenizer=o200k --by=source -o {out} d.ll e.ll",
    "count little": "ll-bpe count -q --memory=4M --pretokenizer=cl100k -o {out} d.ll",
    "merge counts": "ll-bpe merge -q --weight=a:5/3 --weight=b:2 -o {out} d.counts e.counts",
    "prune": "ll-bpe prune -q -m tok.json --map={out}.map -o {out} few.ll",
    "import tokenizer": "ll-bpe import -q -o {out} tok.gguf",
    "export gguf": "ll-bpe export -q --to=gguf -m tok.json -o {out}",
    "export gpt2": "ll-bpe export -q --to=gpt2 -m tok.json -o {out}",
    "diff": "ll-bpe diff -q -o {out} tok.json tok.gguf d.ll",
    "encode": "ll-bpe encode -q -m tok.json -o {out} d.ll",
    "encode dropout": "ll-bpe encode -q --dropout=0.2 --seed=3 --offsets -m tok.json -o {out} d.ll",
    "encode totals": "ll-bpe encode -q --totals=json -m tok.json -o {out} d.ll",
    "inspect": "ll-bpe inspect -q --by=.source -m tok.json -m tok.json -o {out} d.ll",
    "inspect json": "ll-bpe inspect -q --json -m tok.json -o {out} d.ll",
    "decode": "ll-bpe decode -q -m tok.json -o {out} d.tok",
    "make-cloze": "ll-eval make-cloze -q --items=50 -o {out} d.ll",
    "eval": "ll-eval -q --model=run/latest --json --samples={out}.samples -o {out} eval.jsonl",
    "bpb": "ll-eval bpb -q --model=run/latest --json -o {out} few.ll",
    "generate": "ll-eval generate -q --model=run/latest --prompt=the --max-tokens=60 --seed=3 -o {out}",
}
DIR, MODEL, PREFIX = {"pack"}, {"eval", "bpb"}, {"split", "train ladder", "export gpt2", "export megatron", "export llmc", "export nanogpt"}


def sh(line):
    subprocess.run(line, shell=True, check=True)


def prepare(documents, paragraphs=12):
    r, vocabulary = random.Random(12), 500 if documents > 20 else 270
    words = ["the", "of", "and", "to", "a"] + ["".join(r.choice("abcdefghijklmnopqrstuvwxyzéß") for _ in range(r.randint(2, 9))) for _ in range(2500)]
    sentence = lambda: " ".join(r.choices(words, k=r.randint(4, 18))).capitalize() + r.choice([".", ".", "?", "!", " ..."])
    texts = []
    for name, count in (("d", documents), ("e", documents // 4)):
        with open(name + ".jsonl", "w") as f:
            for i in range(count):
                t = r.choice(texts) + sentence() if texts and r.random() < 0.15 else "\n".join(
                    " ".join(sentence() for _ in range(r.randint(1, 6))) for _ in range(r.randint(1, paragraphs)))
                texts.append(t)
                f.write(json.dumps({"id": f"{name}{i}", "source": r.choice("abc"), "text": t}, ensure_ascii=i % 2 == 0) + "\n")
    os.mkdir("pages")
    for i in range(max(20, documents // 40)):
        with open(f"pages/{i:04}.html", "w") as f:
            f.write("<!DOCTYPE html><title>%s</title><ul><li><a href=x>home</a></ul><p>%s<p>%s<pre>\n a\n  b</pre>" % (words[i % 99], texts[i % len(texts)], texts[-1 - i % len(texts)]))
    with open("eval.jsonl", "w") as f:
        for i in range(60):
            w = texts[i % len(texts)].split()[:14]
            f.write(json.dumps({"query": " ".join(w), "choices": [" " + r.choice(words) for _ in range(3)], "gold": i % 3}) + "\n")
    with open("mix.conf", "w") as f:
        f.write("bytes = 100K\n" + "".join(f"[source {s}]\nweight = {k}\n" for s, k in (("a", 1.5), ("b", 0.4), ("c", 1))))
    sh("gzip -k d.jsonl && ll-shard import -q -o d.ll d.jsonl && ll-shard import -q -o e.ll e.jsonl")
    sh("ll-shard import -q --from=html -o pages.ll pages && ll-shard head -q -n 20 -o few.ll d.ll")
    sh("ll-bpe train -q --pretokenizer=gpt2 --vocab-size=%d --special='<|endoftext|>' -o tok.json d.ll" % vocabulary)
    sh("for f in d e; do ll-bpe count -q --pretokenizer=gpt2 --by=source -o $f.counts $f.ll; done")
    sh("ll-bpe export -q --to=gguf -m tok.json -o tok.gguf")
    sh("ll-bpe encode -q -m tok.json -o d.tok d.ll && ll-shard pack -q -m tok.json -o data d.tok")
    sh("ll-shard export -q --to=megatron -o mega data && ll-shard export -q --to=llmc --tokens-per-file=90000 -o llmc data && ll-shard export -q -o d.tok.jsonl d.tok")
    sh("for f in d e; do ll-dedup sign -q --minhash=14x8 -o $f.sig $f.ll; done; ll-dedup cluster -q -o d.dup d.sig e.sig")
    sh("for f in d e; do ll-dedup sign -q --exact=line -o $f.line.sig $f.ll; done; ll-dedup cluster -q -o line.dup d.line.sig e.line.sig")
    sh("ll-dedup -q --minhash=20x5 --jaccard=0.7 --index-out=e.ix --rejects=near.rej -o /dev/null e.ll")
    sh("ll-decontam build -q -o eval.ix eval.jsonl")
    sh("ll-train -q --preset=gpt2-tiny --set=vocabulary=%d --data=data --seq-len=64 --batch=4 --steps=4 --lr=1e-3 --warmup=1 -@ 1 -o run" % vocabulary)


def clear(out):
    for f in os.listdir("."):
        if f.lstrip(".").startswith(out):
            shutil.rmtree(f) if os.path.isdir(f) else os.remove(f)


def outputs(out):
    """{name after `out`: bytes} of all that lies under the final names."""
    found = {}
    for f in sorted(os.listdir(".")):
        if not f.startswith(out):
            continue
        for path in sorted(os.path.join(f, g) for g in os.listdir(f) if g[0] != ".") if os.path.isdir(f) else [f]:
            found[path[len(out):]] = open(path, "rb").read()
    return found


def line(name, out):
    return COMMANDS[name].replace("{out}", out).split()


def each(names, what, check):
    """One line "ok NAME: what" or "not ok NAME: what" for each name, for `checks` of lib.sh: one interpreter for all."""
    for name in names:
        try:
            check(name)
            print(f"ok {name}: {what}", flush=True)
        except Exception:
            print(f"not ok {name}: {what}\n{traceback.format_exc()}", flush=True)


if __name__ == "__main__":  # commands.py DOCUMENTS [PARAGRAPHS]: makes the inputs
    prepare(*map(int, sys.argv[1:]))
