# SPDX-License-Identifier: MIT
# Many more small corpora, and other ones.
CORPORA=600 SEED=${SEED:-2}
export CORPORA SEED
. "$ROOT/tests/cli/ll-dedup/brute_force.sh"
