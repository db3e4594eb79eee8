# SPDX-License-Identifier: MIT
# The S-curve of every profile with many more pairs, and other ones; SEED draws others again.
#
# Some 110 numbers are checked. Each at 3 sigma, the test failed by chance with every tenth seed or so. So the total of a profile stays
# at 3 sigma, as it is promised, and the cells share the chance of one such number: no cell of any profile may be out further than
# happens with 0.27 % of all seeds (Sidak: 4.2 sigma for each). Against that the pairs are twice as many as were needed at 3 sigma: what
# is lost of a cell, as a share of its pairs, is seen as well as before, for 4.2 sigma of twice the pairs are 3 of them once
# (4.2 / sqrt(2)), and a fault of the whole curve better. By chance it fails with one or two seeds in a hundred, by the totals.
PAIRS=16000 SEED=${SEED:-2} JOINT=1
export PAIRS SEED JOINT
. "$ROOT/tests/cli/ll-dedup/s_curve.sh"
