# SPDX-License-Identifier: MIT
# Kills at random moments, full disks, readers that leave: no partial file under a final name, no hang, the right status.
. "$ROOT/tests/lib.sh"

python3 -c '
import json, random
r = random.Random(1)
for i in range(20000): print(json.dumps({"id": f"n{i}", "text": "%0200x" % r.getrandbits(800)}))' > in.jsonl
ll-shard import -q in.jsonl -o in.ll
ll-shard cat -q in.ll -o want.cat
ll-shard get -q --id=n1 --id=n19999 in.ll -o want.get
ll-shard salvage -q in.ll -o want.salvage
ok "killed at random moments: all or nothing" python3 - <<'END'
import glob, os, random, signal, subprocess, time
r = random.Random(4)
commands = {"cat": [], "get": ["--id=n1", "--id=n19999"], "salvage": []}
killed = 0
for command, options in commands.items():
    for how in [signal.SIGTERM, signal.SIGKILL, signal.SIGINT] * 5:
        for f in glob.glob("final*") + glob.glob(".final*"):
            os.remove(f)
        p = subprocess.Popen(["ll-shard", command, "-q", "-@", "2", *options, "in.ll", "-o", "final"], stderr=subprocess.DEVNULL)
        time.sleep(r.random() * 0.06)
        p.send_signal(how)
        status = p.wait(timeout=60)
        assert status in (0, -how), (command, how, status)
        killed += status != 0
        if status == 0 or os.path.exists("final"):
            assert open("final", "rb").read() == open("want." + command, "rb").read(), command
        elif how != signal.SIGKILL:
            assert not glob.glob(".final*"), command
# split: whatever shards are there are whole; the list comes last
for how in [signal.SIGTERM, signal.SIGKILL] * 6:
    for f in glob.glob("part*") + glob.glob(".part*"):
        os.remove(f)
    p = subprocess.Popen(["ll-shard", "split", "-q", "--count=2000", "in.ll", "-o", "part"], stderr=subprocess.DEVNULL)
    time.sleep(r.random() * 0.1)
    p.send_signal(how)
    status = p.wait(timeout=60)
    assert status in (0, -how), (how, status)
    killed += status != 0
    shards = glob.glob("part-*.ll")
    if shards:
        subprocess.run(["ll-shard", "check", "-q", *shards, f"--expect={2000 * len(shards)}"], check=True)
    if os.path.exists("part.list"):
        subprocess.run(["ll-shard", "check", "-q", "--files-from=part.list", "--expect=20000"], check=True)
    else:
        assert status != 0
assert killed > 10, killed
END
rm -f final .final* part* .part*
for c in cat salvage "get --id=n1 --id=n2" "head -n 15000"; do
	case $c in get*) blocks=0 ;; *) blocks=100 ;; esac
	status 4 "a full disk: $c" sh -c "ulimit -f $blocks; exec ll-shard $c -q --compress=none in.ll -o final"
	absent "nothing is left of it" final
	is "$(find . -name '.final*')" "" "no temporary file either"
	status 4 "a full device: $c" sh -c "exec ll-shard $c -q --compress=none in.ll > /dev/full"
done
status 4 "a full disk: split" sh -c "ulimit -f 600; exec ll-shard split -q --by-key=2 --compress=none in.ll -o part"
absent "no list, no shard" part.list part-00000.ll part-00001.ll
status 4 "a full device: info" sh -c 'll-shard info in.ll > /dev/full'
status 4 "a full device: compare" sh -c 'll-shard compare in.ll in.ll > /dev/full'
status 4 "a full temporary directory" sh -c 'ulimit -f 10; exec ll-shard check -q --unique-ids --memory=1M in.ll in.ll'
status 4 "a temporary directory that is not there" ll-shard check -q --unique-ids --memory=1M --tmpdir=/nowhere in.ll in.ll
for c in "cat in.ll" "head -n 15000 in.ll" "salvage in.ll" "check -q --unique-ids in.ll in.ll"; do
	is "$(python3 -c '
import subprocess, sys
p = subprocess.Popen(["ll-shard", *sys.argv[1:]], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
p.stdout.read(10); p.stdout.close()
print(p.wait(timeout=60))' $c)" -13 "a reader that leaves: $c"
done
ok "its own input as output" sh -c 'cp in.ll own.ll; ll-shard cat -q own.ll -o own.ll && cmp own.ll want.cat'
status 4 "--no-clobber" ll-shard cat -q --no-clobber in.ll -o own.ll
touch -d '2001-01-01' own.ll
ok "--if-changed" ll-shard cat -q --if-changed in.ll -o own.ll
is "$(find own.ll -newermt 2002-01-01)" "" "leaves what is the same"
ok "--if-changed with other records" sh -c 'll-shard head -q -n 5 in.ll | ll-shard cat -q --if-changed -o own.ll && ll-shard check -q --expect=5 own.ll'
finish
