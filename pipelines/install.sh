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

# Folders that install made are remembered, so that uninstall takes away these and no others.
made=share/lltools/made

case ${1:-} in
install)
	mkdir -p "$root"
	had_share=0; [ ! -d "$root/share" ] || had_share=1
	had_own=0; [ ! -d "$root/share/lltools" ] || had_own=1
	mkdir -p "$root/share/lltools"
	{ [ $had_share = 1 ] || echo share; [ $had_own = 1 ] || echo share/lltools; } >> "$root/$made"
	for dir in bin $completions $(for m in $(pages); do echo "share/man/man${m##*.}"; done | sort -u); do
		path=
		for part in $(echo "$dir" | tr / ' '); do
			path=${path:+$path/}$part
			[ -d "$root/$path" ] || { mkdir "$root/$path"; echo "$path" >> "$root/$made"; }
		done
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
	folders=$(sort -ru "$root/$made" 2>/dev/null || true) # the deepest of each first
	rm -f "$root/$made"
	for dir in $folders; do rmdir "$root/$dir" 2>/dev/null || true; done
	echo "uninstalled from $root"
	;;
*)
	echo "usage: install.sh install|uninstall" >&2
	exit 2
	;;
esac
