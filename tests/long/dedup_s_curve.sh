# SPDX-License-Identifier: MIT
# The S-curve of every profile with many more pairs, and other ones.
PAIRS=8000 SEED=${SEED:-2}
export PAIRS SEED
. "$ROOT/tests/cli/ll-dedup/s_curve.sh"
