# SPDX-License-Identifier: MIT
# The build: other flags rebuild everything, the same ones nothing; libraries in a folder of one's own are found first.
. "$ROOT/tests/lib.sh"
command -v pkg-config > /dev/null || { skip "the build" "no pkg-config"; finish; }
plan() { make -C "$ROOT" --no-print-directory BUILD="$here/b" -n "$@" 2> /dev/null; } # what make would do
here=$PWD sources=$(ls "$ROOT"/libcommon/*/*.c "$ROOT"/kernels/*.c "$ROOT"/tools/*/*.c | wc -l | tr -d ' ')
plain=$(ls "$ROOT"/libcommon/*/*.c "$ROOT"/kernels/*.c "$ROOT"/tools/*/*.c | grep -c -v '_avx[0-9a-z]*\.c$')
case $(make -C "$ROOT" --no-print-directory config | grep '^avx') in *AVX2*) ;; *) sources=$plain ;; esac
is "$(plan | grep -c ' -c -o ')" "$sources" "a fresh build compiles every source"
is "$(plan AVX=0 | grep -c ' -c -o ')" "$plain" "AVX=0: without the files for AVX"
is "$(plan AVX=0 | grep -c -e '-mavx')" 0 "AVX=0: and without its flags"
mkdir fake; printf '#!/bin/sh\nfor o; do case $p in -o) mkdir -p "$(dirname "$o")"; : > "$o" ;; esac; p=$o; done\n' > fake/cc; cp fake/cc fake/ar
printf '#!/bin/sh\n: > "$2"\n' > fake/ar; chmod +x fake/*
PATH=$PWD/fake:$PATH; export PATH
build() { make -C "$ROOT" BUILD="$here/b" CC=cc all "$@" > made 2>&1; grep -c '^  CC ' made; } # by a compiler that only makes files
is "$(build)" "$plain" "a build, by a compiler that knows no AVX: without the files for it"
is "$(build)" 0 "again: nothing to do"
is "$(build CFLAGS=-O1)" "$plain" "other flags: everything again"
mkdir -p deps/lib/pkgconfig deps/lib64/pkgconfig
pc() { printf 'prefix=%s\nName: x\nDescription: x\nVersion: %s\nLibs: -L${prefix}/lib -l%s\nCflags: -I${prefix}/include\n' "$PWD/deps" "$2" "$1" > "$3"; }
pc zstd 9.9.9 deps/lib/pkgconfig/libzstd.pc; pc utf8proc 8.8.8 deps/lib64/pkgconfig/libutf8proc.pc
make -C "$ROOT" DEPS_PREFIX="$PWD/deps" config > config 2> /dev/null
is "$(sed -n 's/^zstd *//p' config) $(sed -n 's/^utf8proc *//p' config)" "9.9.9 8.8.8" "DEPS_PREFIX: libraries of one's own come first"
plan CC=cc DEPS_PREFIX="$PWD/deps" > commands
ok "and are linked with their place" grep -q -e "-Wl,-rpath,$PWD/deps/lib .* -lzstd" commands
ok "and compiled against" grep -q -e "-I$PWD/deps/include.* -c -o" commands
base() { ${REAL_CC:-/usr/bin/gcc} -fsyntax-only -I "$ROOT/libcommon" -x c "$ROOT/libcommon/base/base.h" "$@"; }
if [ -x "${REAL_CC:-/usr/bin/gcc}" ]; then
	ok "64 bits compile" base
	status 1 "32 bits are refused" base -U__SIZEOF_SIZE_T__ -D__SIZEOF_SIZE_T__=4
	says "lltools needs a 64-bit system" "and it is said why"
	ok "the other order of bytes compiles" base -U__BYTE_ORDER__ -D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__
else
	skip "32 bits are refused" "no gcc"
fi
finish
