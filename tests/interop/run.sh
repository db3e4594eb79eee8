#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares lltools with published programs. Every *.sh and *.py here is a test: it prints TAP lines and names the packages it
# needs from PyPI in a line "# packages: NAME...". They are installed once into a virtual environment:
# $LLTOOLS_VENV, by default ${XDG_CACHE_HOME:-$HOME/.cache}/lltools-venv. Without them a test is skipped, visibly.
# Usage: tests/interop/run.sh [NAME...]: only tests whose file name contains a NAME. $PYTHON is the environment's Python.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
: "${BIN:=$root/build/latest/bin}"
venv=${LLTOOLS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/lltools-venv}
export BIN ROOT="$root" PYTHON="$venv/bin/python" LC_ALL=C.UTF-8 HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
unset LL_THREADS LL_MEMORY LL_TMPDIR LL_CPU MAKEFLAGS MAKELEVEL
work=$(mktemp -d "${TMPDIR:-/tmp}/lltools-interop.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

have() { # have PACKAGE...: installed, now or before
	[ -x "$PYTHON" ] || python3 -m venv "$venv" > "$work/venv.log" 2>&1 || return 1
	for package; do
		[ -e "$venv/has-$package" ] && continue
		"$PYTHON" -m pip install -q --disable-pip-version-check "$package" > "$work/pip.log" 2>&1 || return 1
		: > "$venv/has-$package"
	done
}

for t in "$root"/tests/interop/*.sh "$root"/tests/interop/*.py; do
	name=$(basename "$t")
	[ "$name" = run.sh ] || [ ! -e "$t" ] && continue
	if [ $# -gt 0 ]; then
		wanted=
		for w; do case $name in *"$w"*) wanted=1 ;; esac; done
		[ "$wanted" ] || continue
	fi
	tap=$work/$name.tap
	packages=$(sed -n 's/^# packages: *//p' "$t" | head -n 1)
	# shellcheck disable=SC2086
	if ! have $packages; then
		echo "ok 1 - $name # SKIP cannot install: $packages" | tee "$tap"
		continue
	fi
	mkdir "$work/$name.d"
	cd "$work/$name.d" || exit 2
	case $name in *.sh) timeout -k 5 1800 sh "$t" ;; *) timeout -k 5 1800 "$PYTHON" "$t" ;; esac > "$tap" 2> "$work/log" < /dev/null
	rc=$?
	grep -q '^1\.\.' "$tap" || echo "not ok 0 - ended early (status $rc)" >> "$tap"
	sed "s,^\(ok\|not ok\) \([0-9]*\) - ,\1 \2 - $name: ," "$tap" | grep -v '^1\.\.'
	grep -q '^not ok' "$tap" && sed 's/^/# /' "$work/log" | tail -n 30
	cd "$root" || exit 2
	rm -rf "$work/$name.d"
done
cat "$work"/*.tap /dev/null | awk '/^ok .* # SKIP/ { s++; next } /^ok / { p++ } /^not ok/ { f++ }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 || p + s == 0 }'
