# SPDX-License-Identifier: MIT
# Small random corpora against all pairs compared: every --keep, unit, measure and rule, in one run and in steps, and three crawls one
# after the other. CORPORA: how many (tests/long/dedup_brute_force.sh takes many).
. "$ROOT/tests/lib.sh"

checks python3 "$ROOT/tests/cli/ll-dedup/brute_force.py" ${SEED:-1} ${CORPORA:-40}
finish
