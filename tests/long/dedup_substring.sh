# SPDX-License-Identifier: MIT
# 1 GB of text, BYTES for another size: --substring=100 with --memory=2G removes what was planted within that memory; says how fast.
. "$ROOT/tests/lib.sh"

bytes=${BYTES:-1000000000}
if ! need_data data/corpus; then skip "passages of much text" "LLTOOLS_TEST_DATA is not set"; finish; fi
${CC:-cc} -O2 -o make "$ROOT/tests/long/dedup_passages.c" || { ok "the generator is built" false; finish; }
zcat "$LLTOOLS_TEST_DATA/data/corpus/books-en.jsonl.gz" | python3 -c '
import json, sys
for line in sys.stdin: sys.stdout.write(json.loads(line)["text"] + "\n")' > text
./make $bytes < text 2> planted | ll-shard import -q --from=jsonl --compress=none -o d.ll
bash -c 'TIMEFORMAT="%U %S"; time ll-dedup --progress=never --substring=100 --memory=2G --stats=s.json -o o.ll d.ll' 2> said
sed 's/^/# /' said
seconds=$(tail -n 1 said | awk '{ print $1 + $2 }')
echo "# $bytes bytes in $seconds s of processor time: $(awk "BEGIN { print $bytes / $seconds / 1e6 }") MB/s"
peak=$(sed -n 's/.*peak memory \([0-9]*\) MiB.*/\1/p' said)
ok "within 2 GiB: $peak MiB" test "$peak" -le 2048
# A copy may go on by a letter or two of what stands around both, and six words may come twice, but hardly sixteen.
removed=$(sed -n 's/.*repeated passages, \([0-9]*\) bytes.*/\1/p' said)
ok "$(cat planted) bytes planted, $removed removed" awk "BEGIN { p = $(cat planted); exit !($removed >= .999 * p && $removed <= 1.01 * p) }"
finish
