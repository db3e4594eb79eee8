# SPDX-License-Identifier: MIT
"""heap.py COMMAND...: runs it; the last line of standard output is the most MiB of heap and stacks that were seen, which maps of files are not."""
import subprocess, sys, time
p, most = subprocess.Popen(sys.argv[1:]), 0
while p.poll() is None:
    try:
        with open(f"/proc/{p.pid}/status") as f:
            most = max([most] + [int(l.split()[1]) for l in f if l.startswith("RssAnon")])
    except OSError:
        pass
    time.sleep(0.003)
print(most >> 10)
sys.exit(p.returncode)
