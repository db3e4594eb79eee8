#!/bin/sh
# SPDX-License-Identifier: MIT
# deps.sh - make deps: what lltools needs to build, test and run the demo. Probes first and does nothing when all is there. As
# root on Debian it installs exactly what is missing, asking nothing; elsewhere it prints what to install, and exits 1 only
# when something is missing without which nothing builds. DEPS_PREFIX=DIR: libraries and headers of your own are there too.
set -u
: "${CC:=cc}" "${PKG_CONFIG:=pkg-config}" "${DEPS_PREFIX:=}"
if [ -n "$DEPS_PREFIX" ]; then
	PKG_CONFIG_PATH=$DEPS_PREFIX/lib/pkgconfig:$DEPS_PREFIX/lib64/pkgconfig:$DEPS_PREFIX/lib/$(uname -m)-linux-gnu/pkgconfig:${PKG_CONFIG_PATH:-}
	PATH=$DEPS_PREFIX/bin:$PATH
	export PKG_CONFIG_PATH PATH
fi

command_there() { command -v "$1" >/dev/null 2>&1; }
library_there() { $PKG_CONFIG --exists "$1" 2>/dev/null; }
header_there() { printf '#include <%s>\n' "$1" | $CC ${DEPS_PREFIX:+-I$DEPS_PREFIX/include} -E -x c - -o /dev/null 2>/dev/null; }
# The pages themselves, not only the package: minimal images drop /usr/share/doc at installation.
pages_there() {
	command_there dpkg && dpkg -L "$1" 2>/dev/null | grep -E '\.(html|txt)(\.gz)?$' | while read -r page; do
		[ -e "$page" ] && { echo there; break; }
	done | grep -q there
}

core= optional= documents=
# need core|optional|documents PACKAGE TEST ARGUMENT WHAT-FOR
need() {
	"$3" "$4" && return
	printf '  missing: %-24s %s\n' "$2" "$5"
	case $1 in
	core) core="$core $2" ;;
	optional) optional="$optional $2" ;;
	documents) documents="$documents $2" ;;
	esac
}

need core gcc command_there "${CC%% *}" "compiler"
need core make command_there make "build"
need core pkg-config command_there "$PKG_CONFIG" "finding libraries"
need core libzstd-dev library_there libzstd "compression of streams"
need core libpcre2-dev library_there libpcre2-8 "regular expressions"
need core libxxhash-dev header_there xxhash.h "hashes"
need core libjson-c-dev library_there json-c "JSON files"
need core libutf8proc-dev library_there libutf8proc "Unicode"
need core libopenblas-dev library_there openblas "ll-train and ll-eval: matrix products"
need optional zlib1g-dev library_there zlib ".gz input"
need optional libbz2-dev header_there bzlib.h ".bz2 input"
need optional liblzma-dev library_there liblzma ".xz input"
need optional libgumbo-dev library_there gumbo "tests of the HTML reader"
need optional libuchardet-dev library_there uchardet "guessing character sets"
need optional gnuplot-nox command_there gnuplot "pictures in reports"
need optional python3 command_there python3 "tests"
need optional jq command_there jq "tests and examples"
need optional xz-utils command_there xz "the demo's comparison, tests"
need optional zstd command_there zstd "tests"
need optional bzip2 command_there bzip2 "tests"
need optional mandoc command_there mandoc "checking the man pages"
need optional groff command_there groff "man pages as HTML and PDF"
need optional man-db command_there man "reading the man pages"
for page in debian-reference-en debian-reference-fr debian-reference-de debian-policy developers-reference debian-faq maint-guide debian-handbook; do
	need documents $page pages_there $page "text of the demo"
done

missing="$core$optional$documents"
if [ -z "$missing" ]; then
	echo "deps: all is there"
	exit 0
fi
if [ "$(id -u)" != 0 ] || ! command_there apt-get; then
	echo "deps: not installed:$missing"
	echo "deps: on Debian, as root: apt-get install --no-install-recommends$missing"
	echo "deps: without root, build the libraries with --prefix=DIR and give DEPS_PREFIX=DIR to make"
	[ -z "$core" ] || { echo "deps: cannot build without:$core" >&2; exit 1; }
	exit 0
fi

# Where dpkg leaves documentation out (path-exclude), the pages of these packages are asked for; a package that is installed
# without its pages is installed again.
again=
set -- -y --no-install-recommends
for page in $documents; do
	case $page in debian-faq) folder=debian ;; *) folder=$page ;; esac
	set -- "$@" -o "Dpkg::Options::=--path-include=/usr/share/doc/$folder/*"
	dpkg -s "$page" >/dev/null 2>&1 && again="$again $page"
done
export DEBIAN_FRONTEND=noninteractive
echo "deps: apt-get update"
apt-get update -qq || { echo "deps: apt-get update failed" >&2; exit 1; }
echo "deps: apt-get install$missing"
# shellcheck disable=SC2086
apt-get install -qq "$@" $missing >/dev/null || { echo "deps: apt-get install failed:$missing" >&2; exit 1; }
if [ -n "$again" ]; then
	echo "deps: installed without their pages, installing again:$again"
	# shellcheck disable=SC2086
	apt-get install -qq --reinstall "$@" $again >/dev/null || { echo "deps: apt-get install --reinstall failed:$again" >&2; exit 1; }
fi
echo "deps: done"
