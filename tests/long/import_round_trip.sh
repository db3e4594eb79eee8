#!/bin/sh
# SPDX-License-Identifier: MIT
# Import and export give back every JSONL file of the test data byte for byte, at 1 and 3 threads.
. "$ROOT/tests/lib.sh"

if ! need_data data/corpus; then skip "round trip of real JSONL" "LLTOOLS_TEST_DATA is not set"; finish; fi

cat > key.py <<'END'
# The first member that is a string in every line: the text key. Nothing when there is none.
import gzip, json, sys
name = sys.argv[1]
rows = [json.loads(line) for line in (gzip.open if name.endswith(".gz") else open)(name, "rb") if line.strip()]
keys = [k for k in rows[0] if all(isinstance(r.get(k), str) for r in rows)] if rows else []
print("text" if "text" in keys else keys[0] if keys else "")
END

for f in $(find "$LLTOOLS_TEST_DATA/data/corpus" "$LLTOOLS_TEST_DATA/data/eval" "$LLTOOLS_TEST_DATA/data/neardup" -name '*.jsonl' -o -name '*.jsonl.gz' | sort); do
	key=$(python3 key.py "$f")
	name=${f#"$LLTOOLS_TEST_DATA/data/"}
	if [ -z "$key" ]; then skip "$name" "no member is a string in every line"; continue; fi
	case $f in *.gz) zcat "$f" ;; *) cat "$f" ;; esac > raw
	ok "import $name" ll-shard import -q --text-key="$key" -o a.ll "$f"
	ok "import -@ 3 $name" ll-shard import -q -@ 3 --text-key="$key" -o b.ll "$f"
	same a.ll b.ll "$name: the same file at 1 and 3 threads"
	ll-shard export -q a.ll > back
	same raw back "$name: byte for byte"
done
finish
