# SPDX-License-Identifier: MIT
# What a program says while it runs and at its end: a line that is erased on a terminal, one summary line otherwise, -q nothing.
. "$ROOT/tests/lib.sh"

printf '{"id":"a","text":"one"}\n{"id":"b","text":"two"}\n' | ll-shard import -q --source=s -o in.ll
cat > run.py <<'END'
import os, pty, subprocess, sys
# run.py PAUSE ARGS...: two streams with a pause between into a program whose standard error is a terminal; prints what it said
pause, args = float(sys.argv[1]), sys.argv[2:]
import time
master, slave = pty.openpty()
p = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=slave)
os.close(slave)
data = open("in.ll", "rb").read()
p.stdin.write(data); p.stdin.flush()
time.sleep(pause)
p.stdin.write(data); p.stdin.close()
said = b""
while True:
    try:
        more = os.read(master, 4096)
    except OSError:
        break
    if not more:
        break
    said += more
print(p.wait(), said)
END
if python3 -c 'import pty; pty.openpty()' 2>/dev/null; then
said=$(python3 run.py 0.8 ll-shard cat)
ok "a progress line on a terminal" sh -c 'case $1 in *"ll-shard cat: "*documents*) ;; *) exit 1 ;; esac' sh "$said"
ok "erased at the end" sh -c "case \$1 in *'\\r\\x1b[K'\\') ;; *) exit 1 ;; esac" sh "$said"
is "$(python3 run.py 0.8 ll-shard cat -q)" "0 b''" "-q: silent"
ok "--progress=never leaves the summary" sh -c 'case $1 in *"4 documents, "*" bytes, "*" s, peak memory "*) ;; *) exit 1 ;; esac' sh "$(python3 run.py 0 ll-shard cat --progress=never)"
else
	skip "the progress line on a terminal" "no pseudo-terminal is to be had here"
fi
status 0 "not on a terminal" ll-shard cat in.ll -o out.ll
is "$(grep -c 'll-shard cat: 2 documents, [0-9]* bytes, [0-9.]* s, peak memory [0-9]* MiB' .err)" 1 "one summary line"
is "$(wc -l < .err | tr -d ' ')" 1 "and no other"
printf 'bytes = 6\n[source s]\nweight = 1\n' > w.conf
for f in in.ll -; do # programs that read their inputs twice
	status 0 "two passes" ll-dedup --minhash=14x8 $f -o out.ll < in.ll
	is "$(grep -c ': 2 documents, ' .err)" 1 "ll-dedup counts a document once ($f)"
	status 0 "a budget" ll-sample --recipe=w.conf $f -o out.ll < in.ll
	is "$(grep -c ': 2 documents, ' .err)" 1 "ll-sample counts a document once ($f)"
done
status 0 "-q" ll-shard cat -q in.ll -o out.ll
is "$(cat .err)" "" "nothing at all"
status 4 "a failure has no summary" sh -c 'll-shard cat in.ll > /dev/full'
is "$(grep -c 'peak memory' .err)" 0 "only its message"
status 1 "warnings are not silenced" ll-shard get -q --id=zz in.ll -o out.ll
says "warning: no document with the id zz" "it is there"
finish
