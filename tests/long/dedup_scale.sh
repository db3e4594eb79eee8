# SPDX-License-Identifier: MIT
# Time by number of documents, in processor seconds: ten times as many may take eleven times as long. DOCUMENTS=20000000 for the
# size that the design speaks of (20 GB of disk, an hour); where the memory cgroup (version 1) can be used, under 2 GiB of it.
. "$ROOT/tests/lib.sh"

documents=${DOCUMENTS:-2000000}
${CC:-cc} -O2 -o make "$ROOT/tests/long/dedup_documents.c" -lm || { ok "the generator is built" false; finish; }
group=/sys/fs/cgroup/memory/ll-dedup-scale.$$
limit=
if mkdir $group 2>/dev/null && echo 2147483648 > $group/memory.limit_in_bytes; then limit="echo \$\$ > $group/tasks;"; fi
run() { # run N: processor seconds; what the program said of itself to said.N
	./make $1 | ll-shard import -q --from=jsonl -o d.ll
	TIMEFORMAT='%U %S'; export TIMEFORMAT
	bash -c "$limit time ll-dedup --progress=never --minhash=20x5 --jaccard=0.8 --memory=1792M --rejects=r.ll -o o.ll d.ll" 2>&1 | tee said.$1 | awk '{ s = $1 + $2 } END { print s }'
}
small=$(run $((documents / 10))); large=$(run $documents)
rmdir $group 2>/dev/null
grep -h '^ll-dedup' said.* | sed 's/^/# /'
ok "$documents documents: $large s, a tenth of them $small s${limit:+, in 2 GiB}" awk "BEGIN { exit !($large > 0 && $large <= 11 * $small) }"
ok "nothing is lost" sh -c 'll-shard cat -q -o s.ll o.ll r.ll && test "$(ll-shard info --json s.ll | grep -o "\"set_id\": \"[0-9a-f]*\"")" = "$(ll-shard info --json d.ll | grep -o "\"set_id\": \"[0-9a-f]*\"")"'
finish
