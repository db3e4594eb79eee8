# SPDX-License-Identifier: MIT
# lib.sh - what the shell tests share. A test script is run by tests/run (or by hand: BIN=build/latest/bin sh tests/cli/x.sh)
# in an empty scratch directory of its own; it sources this file, makes checks, and ends with `finish`.
#
#   BIN    directory of the programs (first in PATH)     ROOT  the source tree (samples are in $ROOT/samples)
#   LLTOOLS_TEST_DATA  optional real data; use `need_data PATH || skip ...`

ROOT=${ROOT:-$(cd "$(dirname "$0")/../.." 2>/dev/null && pwd)}
PATH=$BIN:$PATH
export ROOT PATH
n=0 bad=0

ok() { # ok NAME COMMAND...: passes when the command exits 0
	_name=$1; shift; n=$((n + 1))
	if "$@" >.out 2>.err; then echo "ok $n - $_name"; else
		_got=$?; bad=$((bad + 1)); echo "not ok $n - $_name (status $_got)"; sed 's/^/# /' .err .out | head -n 20; fi
}
status() { # status WANTED NAME COMMAND...: passes when the command exits with that status; standard error is in .err
	_want=$1 _name=$2; shift 2; n=$((n + 1)); _got=0
	"$@" >.out 2>.err || _got=$?
	if [ "$_got" = "$_want" ]; then echo "ok $n - $_name"; else
		bad=$((bad + 1)); echo "not ok $n - $_name (status $_got, wanted $_want)"; sed 's/^/# /' .err | head -n 20; fi
}
says() { # says TEXT NAME: the last standard error contains the text
	n=$((n + 1))
	if grep -qF -- "$1" .err; then echo "ok $n - $2"; else
		bad=$((bad + 1)); echo "not ok $n - $2 (no \"$1\" in:)"; sed 's/^/# /' .err | head; fi
}
is() { # is GOT WANTED NAME
	n=$((n + 1))
	if [ "$1" = "$2" ]; then echo "ok $n - $3"; else
		bad=$((bad + 1)); echo "not ok $n - $3"; echo "# got    $1"; echo "# wanted $2"; fi
}
same() { # same FILE FILE NAME: equal bytes
	ok "$3" cmp "$1" "$2"
}
absent() { # absent NAME PATH...: none of the paths exists
	_name=$1; shift; n=$((n + 1)); _there=
	for _p in "$@"; do [ -e "$_p" ] && _there="$_there $_p"; done
	if [ -z "$_there" ]; then echo "ok $n - $_name"; else bad=$((bad + 1)); echo "not ok $n - $_name (there:$_there)"; fi
}
checks() { # checks COMMAND...: every line "ok NAME" or "not ok NAME" that it prints is a check; another status than 0 is one that failed
	_got=0 _before=$n; "$@" >.checks 2>.err || _got=$?
	while IFS= read -r _line; do
		case $_line in
		"ok "*) n=$((n + 1)); echo "ok $n - ${_line#ok }" ;;
		"not ok "*) n=$((n + 1)); bad=$((bad + 1)); echo "not ok $n - ${_line#not ok }" ;;
		*) echo "# $_line" ;;
		esac
	done < .checks
	[ $_got = 0 ] && [ $n -gt $_before ] || { n=$((n + 1)); bad=$((bad + 1)); echo "not ok $n - $* (status $_got)"; sed 's/^/# /' .err | head -n 20; }
}
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; } # skip NAME WHY
need_data() { [ -n "${LLTOOLS_TEST_DATA:-}" ] && [ -e "$LLTOOLS_TEST_DATA/$1" ]; }
finish() { echo "1..$n"; [ "$bad" = 0 ]; exit; }
