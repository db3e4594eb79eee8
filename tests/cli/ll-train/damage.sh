#!/bin/sh
# SPDX-License-Identifier: MIT
# Any changed, cut or missing member of a checkpoint or a dataset is status 3 with its name; other data is refused.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

flip() { # flip FILE OFFSET: one bit
	python3 - "$1" "$2" <<'END'
import os, sys
path, at = sys.argv[1], int(sys.argv[2])
with open(path, "r+b") as f:
    f.seek(at % os.path.getsize(path))
    b = f.read(1)[0]
    f.seek(-1, 1)
    f.write(bytes([b ^ 1 << at % 7]))
END
}
ll-train $tiny --steps=6 --save-every=3 -o whole
rm whole/done.json
rm -rf whole/step-00000006; ln -sfn step-00000003 whole/latest
resume() { ll-train --resume=must -q -o run; }
for member in $(ls whole/step-00000003); do
	size=$(wc -c < "whole/step-00000003/$member")
	for at in 0 9 $((size / 3)) $((size - 2)); do
		rm -rf run; cp -r whole run; flip "run/step-00000003/$member" "$at"
		status 3 "$member with byte $at changed" resume
	done
	says "$member" "$member is named"
	rm -rf run; cp -r whole run; truncate -s $((size - 1)) "run/step-00000003/$member"
	status 3 "$member cut" resume
	rm -rf run; cp -r whole run; rm "run/step-00000003/$member"
	status 3 "$member missing" resume
	absent "no later checkpoint appeared" run/step-00000006 run/done.json
done
rm -rf run; cp -r whole run
status 0 "the whole one resumes" resume

for member in $(ls ds); do
	size=$(wc -c < "ds/$member")
	case $member in documents.ll) places=$((size - 30)) ;; *) places="0 $((size / 2)) $((size - 1))" ;; esac
	for at in $places; do
		rm -rf bad x; cp -r ds bad; flip "bad/$member" "$at"
		status 3 "dataset: $member with byte $at changed" ll-train $bare --data=bad --batch=64 --steps=20 -o x
	done
	says "$member" "$member is named"
	rm -rf bad x; cp -r ds bad; truncate -s $((size - 2)) "bad/$member"
	status 3 "dataset: $member cut" ll-train $bare --data=bad --steps=2 -o x
	rm -rf bad x; cp -r ds bad; rm "bad/$member"
	status 3 "dataset: $member missing" ll-train $bare --data=bad --steps=2 -o x
done

make_text 2 | make_dataset other tok.json
rm -rf run; cp -r whole run
status 3 "another dataset than the run was trained on" ll-train --resume=must --data=other -q -o run
says "was trained on" "it says so"
mv ds moved
status 0 "the same dataset elsewhere" ll-train --resume=must --data=moved --valid=moved -q -o run
mv moved ds
make_dataset foreign tok.json --tokenizer-id=00112233445566778899aabbccddeeff < text
status 3 "a validation set of another tokenizer" ll-train $tiny --valid=foreign --steps=2 -o y
status 3 "a vocabulary too small for the data" ll-train $tiny --set vocabulary=100 --steps=2 -o y
printf 'short\n' | make_dataset small tok.json
status 3 "a dataset shorter than one sample" ll-train $bare --data=small --steps=2 -o y
finish
