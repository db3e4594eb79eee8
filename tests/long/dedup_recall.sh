# SPDX-License-Identifier: MIT
# The recall against brute force on all of the larger files.
FILES="corpus/news-reuters21578 corpus/wmt23-testsuites-src neardup/wmt23-system-outputs" PART=1
export FILES PART
. "$ROOT/tests/cli/ll-dedup/recall.sh"
