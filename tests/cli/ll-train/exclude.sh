#!/bin/sh
# SPDX-License-Identifier: MIT
# Withdrawn documents: nothing of their text reaches the numbers, all else stays where it was; lists that change are refused.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

# The same documents, but those in every second place of the middle have another text of the same length.
awk 'BEGIN { RS = ""; ORS = "\n\n" } NR >= 20 && NR <= 90 && NR % 2 { gsub(/[aeiou]/, "z") } { print }' text > text2
make_dataset ds2 tok.json --split-tokens=7000 < text2
ids() { python3 - "$@" <<'END'
import sys
text = [p for p in open("text", "rb").read().split(b"\n\n") if p]
for k in range(20, 90, 2):
    print(f"{sys.argv[1]}#{k}")
END
}
ll-train $tiny --steps=40 -o plain; ll-train $bare --data=ds2 --steps=40 -o plain2
status 1 "the two texts train otherwise" cmp -s plain/log.tsv plain2/log.tsv
name=$(ll-train batch --step=1 plain | head -n 1 | sed 's/.*"id":"\([^"#]*\)#.*/\1/')
ids "$name" > list
ok "with the differing documents withdrawn" ll-train $tiny --steps=40 --save-every=10 --exclude=list -@ 1 -o a
ll-train $bare --data=ds2 --steps=40 --exclude=list -@ 2 -o b
same a/log.tsv b/log.tsv "their text does not reach the log"
same a/latest/model.safetensors b/latest/model.safetensors "nor the weights"
status 1 "which is another than without" cmp -s plain/log.tsv a/log.tsv
ok "the loss is the mean over what is left" awk -F'\t' 'NR == 2 { exit !($3 > 5.4 && $3 < 5.7) }' a/log.tsv
is "$(cut -f 1,2,4 a/log.tsv | cksum)" "$(cut -f 1,2,4 plain/log.tsv | cksum)" "steps, tokens and rates are as before"
ll-train $tiny --steps=40 --accumulate=4 --exclude=list -o c
ok "in parts it is the same within rounding" awk -F'\t' 'NR == FNR { l[$1] = $3; next } FNR > 1 && ($3 - l[$1])^2 > 1e-8 { exit 1 }' a/log.tsv c/log.tsv
for r in plain a; do ll-train batch --step=7 $r > $r.batch; done
ok "batch: the same samples, withdrawn ones marked and without text" python3 - <<'END'
import json
a, p = ([json.loads(l) for l in open(n + ".batch")] for n in ("a", "plain"))
ids = set(open("list").read().split())
assert len(a) == len(p) and any(d["id"] in ids for d in a) and any(d["id"] not in ids for d in a)
for x, y in zip(a, p):
    if x["id"] in ids:
        assert x.pop("withdrawn") is True and y.pop("text")
    assert x == y, (x, y)
END

rm -r a/done.json a/step-0000003* a/step-00000040
sort -r list > turned; printf '\r\n\n' >> turned; cat list >> turned
status 0 "the same list in another order goes on" ll-train --resume=must -q --exclude=turned -o a
same a/log.tsv b/log.tsv "to the same log"
rm -r a/done.json a/step-0000004*
sed 1d list > fewer
status 3 "another list is refused" ll-train --resume=must -q --exclude=fewer -o a
says "ds but for the documents of --exclude: id " "the dataset alone is not blamed"
status 3 "so is none" ll-train --resume=must -q --exclude= -o a
says "the run was trained on" "it says so"
is "$(sed -n 's/.*"exclude": "\([0-9a-f]*\)".*/\1/p' b/environment.json | wc -c)" 33 "environment.json has the id of the list"

# Pieces and copies go with their document.
python3 - "$name" <<'END'
import sys
open("whole", "w").write(sys.argv[1] + "\n")
END
status 3 "an id stands for its pieces too, here for everything" ll-train $tiny --steps=2 --exclude=whole -o d
says "withdraws every document" "which is refused"
{ cat list; echo nobody; } > more
status 0 "an id that is nowhere" ll-train $tiny --steps=2 --exclude=more -o e
says "1 of 36 ids are in none of the datasets, such as nobody" "is warned of"
status 0 "and -v says what was withdrawn" ll-train ${tiny% -q} --steps=2 --exclude=list -o f
says "list: 35 documents withdrawn" "in documents and tokens"
status 4 "a list that is not there" ll-train $tiny --steps=2 --exclude=nothing -o g
finish
