# SPDX-License-Identifier: MIT
"""The checkpoints that --dry-run says will stand, against runs played through save by save as the manual tells it: after every one the
N newest stay, multiples of --milestone-every, and with --guard=rollback those with which it may go back from the last 1,000 steps."""
import os, random, re, subprocess, sys

random.seed(11)
base = ["ll-train", "--preset=gpt2-tiny", "--batch=4", "--seq-len=16", "--data=ds", "-q"]


def plan(options, *more):
    own = [o for o in base if not (o.startswith("--preset") and any(p.startswith("--fork") for p in options))]
    text = subprocess.run(own + options + ["--dry-run", "--roof=1", *more], capture_output=True, text=True, check=True).stdout
    value = {m[1]: int(m[2]) for m in re.finditer(r"^(bytes of .*?)  +(\d+)  ", text, re.M)}
    return value["bytes of checkpoints"] // value["bytes of a checkpoint"]


def played(steps, save, milestone, keep, rollback, first=None):
    there = [first] if first is not None else []
    stays = lambda n: milestone and n > 0 and n % milestone == 0
    due = lambda n: stays(n) or (save and n > 0 and n % save == 0)
    for step in range((first or 0) + 1, steps + 1):
        if not due(step) and step != steps:
            continue
        there.append(step)
        older = [n for n in there if n <= step - 1000 and due(n)]
        since = (older[-1] if older else first or 0) if rollback else step + 1
        if keep:
            there = [n for n in there if n in there[-keep:] or stays(n) or n >= since]
    return there


def case():
    steps = random.choice([1, 7, 20, 60, 997, 2500, 4000])
    save, milestone, keep = random.choice([0, 1, 3, 10, 250, 700]), random.choice([0, 0, 4, 6, 100, 500]), random.choice([0, 1, 2, 5, 40])
    return steps, save, milestone, keep, random.random() < .4


def options_of(steps, save, milestone, keep, rollback):
    return [f"--steps={steps}", f"--save-every={save}", f"--milestone-every={milestone}", f"--keep={keep}"] + ["--guard=rollback"] * rollback


wrong = []
for _ in range(150):
    c = case()
    if plan(options_of(*c)) != len(played(*c)):
        wrong.append((c, plan(options_of(*c)), len(played(*c))))
print("not ok" if wrong else "ok", "150 plans", *wrong[:3])

wrong = []
for i in range(12):
    c = (random.choice([5, 12, 17]), random.choice([0, 1, 2, 5]), random.choice([0, 0, 3, 4]), random.choice([0, 1, 2, 3]), i % 4 == 0)
    folder = f"played{i}"
    planned = plan(options_of(*c))
    subprocess.run(base + options_of(*c) + ["-o", folder], check=True)
    there = sorted(int(n[5:]) for n in os.listdir(folder) if n.startswith("step-"))
    if there != played(*c) or planned != len(there):
        wrong.append((c, planned, there))
    # A fork from a step that stands, and what is left of a run whose end is gone.
    if len(there) > 1:
        first = there[0]
        f = (c[0] + 7,) + c[1:]
        if plan([f"--fork={folder}/step-{first}"] + options_of(*f)) != len(played(*f, first)):
            wrong.append(("fork", f, first))
        subprocess.run(["rm", "-r", f"{folder}/done.json", f"{folder}/step-{there[-1]:08d}"], check=True)
        rest = plan([], "--resume=must", "-o", folder)
        subprocess.run(["ll-train", "--resume=must", "-q", "-o", folder], check=True)
        again = len([n for n in os.listdir(folder) if n.startswith("step-")])
        if rest != again:
            wrong.append(("rest", c, rest, again))
print("not ok" if wrong else "ok", "12 runs, forks of them, and what is left of them", *wrong[:3])
sys.exit(bool(wrong))
