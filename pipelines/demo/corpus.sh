#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the files of the demo's own corpus: documentation packages of Debian that `make deps` installs. Free to use, real markup,
# navigation, several languages, near-duplicates.
for pattern in /usr/share/debian-reference/*.en.html /usr/share/debian-reference/*.fr.html /usr/share/debian-reference/*.de.html \
	/usr/share/doc/debian-policy/*.html /usr/share/doc/debian-policy/*/*.html /usr/share/developers-reference/*.html \
	/usr/share/doc/debian/FAQ/*.html /usr/share/doc/debian-faq/*.html /usr/share/doc/maint-guide/html/*.html \
	/usr/share/doc/debian-handbook/html/en-US/*.html; do
	for f in $pattern; do [ -f "$f" ] && readlink -f "$f"; done
done | LC_ALL=C sort -u
