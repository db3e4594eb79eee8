#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh - make install and make uninstall: programs, man pages, completions under $DESTDIR$PREFIX.
# usage: BIN=build/latest/bin PREFIX=/usr/local DESTDIR= install.sh install|uninstall
set -eu
cd "$(dirname "$0")/.."
: "${BIN:=build/latest/bin}" "${PREFIX:=/usr/local}" "${DESTDIR:=}"
root=$DESTDIR$PREFIX
completions=share/bash-completion/completions

tools() { for t in tools/ll-*; do basename "$t"; done; }
pages() { for m in man/*.[1-9]; do [ -e "$m" ] && echo "$m"; done; true; }

# Every path relative to the prefix that belongs to us.
paths() {
	for t in $(tools); do echo "bin/$t"; echo "$completions/$t"; done
	for m in $(pages); do echo "share/man/man${m##*.}/$(basename "$m")"; done
}

case ${1:-} in
install)
	for dir in bin $completions $(for m in $(pages); do echo "share/man/man${m##*.}"; done | sort -u); do
		mkdir -p "$root/$dir"
	done
	for t in $(tools); do
		install -m 755 "$BIN/$t" "$root/bin/$t"
		"$BIN/$t" --completion=bash > "$root/$completions/$t"
		chmod 644 "$root/$completions/$t"
	done
	for m in $(pages); do install -m 644 "$m" "$root/share/man/man${m##*.}/$(basename "$m")"; done
	echo "installed $(tools | wc -l) programs and $(pages | wc -l) man pages under $root"
	;;
uninstall)
	for p in $(paths); do rm -f "$root/$p"; done
	# Directories go when nothing of anybody's is left in them.
	for dir in $completions share/bash-completion $(for m in $(pages); do echo "share/man/man${m##*.}"; done | sort -u) share/man share bin; do
		rmdir "$root/$dir" 2>/dev/null || true
	done
	echo "uninstalled from $root"
	;;
*)
	echo "usage: install.sh install|uninstall" >&2
	exit 2
	;;
esac
