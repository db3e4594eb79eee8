#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs into a scratch directory, runs every program and reads every man page from there, uninstalls, sees that nothing is
# left. BIN is the directory of the built programs.
set -u
cd "$(dirname "$0")/.." || exit 2
: "${BIN:=build/latest/bin}"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/lltools-install.XXXXXX") || exit 2
trap 'rm -rf "$scratch"' EXIT
failed=0
fail() { echo "installcheck: $*" >&2; failed=1; }
DESTDIR=$scratch/dest PREFIX=/opt/lltools
root=$DESTDIR$PREFIX
export BIN DESTDIR PREFIX
sh pipelines/install.sh install || fail "install failed"
for t in "$BIN"/ll-*; do
	name=$(basename "$t")
	[ "$("$root/bin/$name" --version | head -n 1 | cut -d' ' -f1,2)" = "$name (lltools)" ] || fail "$name --version"
	"$root/bin/$name" --help > "$scratch/help" || fail "$name --help"
	[ -s "$scratch/help" ] || fail "$name --help is empty"
	if command -v bash >/dev/null; then bash -n "$root/share/bash-completion/completions/$name" || fail "completion of $name"; fi
done
for page in man/*.[1-9]; do
	[ -e "$page" ] || continue
	there=$root/share/man/man${page##*.}/$(basename "$page")
	cmp -s "$page" "$there" || fail "$there is not $page"
	if command -v man >/dev/null; then
		MANPAGER=cat man -l "$there" > "$scratch/page" 2>"$scratch/err" && [ -s "$scratch/page" ] || fail "man -l $there"
	fi
	if command -v mandoc >/dev/null; then mandoc -Tlint -W warning "$there" || fail "mandoc finds fault with $page"; fi
done
sh pipelines/install.sh uninstall || fail "uninstall failed"
left=$(find "$DESTDIR" -type f -o -type l)
[ -z "$left" ] || fail "left after uninstall: $left"
[ ! -e "$root" ] || [ -z "$(ls -A "$root")" ] || fail "directories left after uninstall: $(ls "$root")"
# What was there before, stays: files of others and folders that were empty.
mkdir -p "$root/bin" "$root/share/man/man1" && : > "$root/share/man/man1/other.1"
sh pipelines/install.sh install > /dev/null && sh pipelines/install.sh install > /dev/null && sh pipelines/install.sh uninstall > /dev/null || fail "a second time"
[ "$(cd "$root" && find . | sort | tr '\n' ' ')" = ". ./bin ./share ./share/man ./share/man/man1 ./share/man/man1/other.1 " ] ||
	fail "uninstall did not leave what was there: $(find "$root" | tr '\n' ' ')"
[ "$failed" = 0 ] && echo "installcheck: good"
exit "$failed"
