# SPDX-License-Identifier: MIT
# check and compare of token datasets, made by the independent writer in tests/format: whole, cut, changed, different.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

ok "check of a dataset" ll-shard check ds
ok "prints what it is" sh -c 'll-shard check ds | grep -q "^ds: dataset, .* documents, .* tokens, id [0-9a-f]*: good$"'
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
