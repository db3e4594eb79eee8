# SPDX-License-Identifier: MIT
# make deps, with apt-get, dpkg and id replaced: what it would install, and what it says where it may not.
. "$ROOT/tests/lib.sh"

mkdir root user nothing
for dir in root user; do
	printf '#!/bin/sh\necho "$@" >> "%s/log"\n' "$PWD" > $dir/apt-get
	printf '#!/bin/sh\nexit 1\n' > $dir/dpkg
	printf '#!/bin/sh\nexit 1\n' > $dir/no-pkg-config
done
printf '#!/bin/sh\necho 0\n' > root/id
printf '#!/bin/sh\necho 1000\n' > user/id
chmod +x root/* user/*
status 1 "not root, libraries missing" env PATH="$PWD/user:$PATH" PKG_CONFIG=no-pkg-config sh "$ROOT/pipelines/deps.sh"
says "cannot build without:" "says what is needed"
cp .out said
ok "prints what to install" grep -q 'apt-get install --no-install-recommends .*libzstd-dev.*debian-policy' said
ok "and what each is for" grep -q 'missing: libzstd-dev  *compression' said
absent "installs nothing" log
ok "root, libraries missing" env PATH="$PWD/root:$PATH" PKG_CONFIG=no-pkg-config sh "$ROOT/pipelines/deps.sh"
is "$(sed -n 1p log)" "update -qq" "updates first"
ok "asks nothing" grep -q '^install -qq -y --no-install-recommends' log
ok "installs what is missing" grep -q ' libzstd-dev .*libjson-c-dev.* maint-guide' log
ok "asks for the pages where images leave them out" grep -q 'path-include=/usr/share/doc/debian-policy/\*' log
is "$(grep -c gcc log)" 0 "and not what is there"
is "$(wc -l < log | tr -d ' ')" 2 "nothing else is done"
# A package that is installed without its pages is installed again.
cat > root/dpkg <<'END'
#!/bin/sh
case $1 in -s) exit 0 ;; -L) echo /nowhere/index.html ;; esac
END
rm log
ok "packages without their pages" env PATH="$PWD/root:$PATH" sh "$ROOT/pipelines/deps.sh"
ok "are installed again" grep -q '^install -qq --reinstall .*path-include=/usr/share/doc/debian/\*.* maint-guide' log
# All there: nothing is done.
cat > root/dpkg <<'END'
#!/bin/sh
[ "$1" = -L ] && echo "$0.html"
END
: > root/dpkg.html; rm log
status 0 "all that is there" env PATH="$PWD/root:$PATH" sh "$ROOT/pipelines/deps.sh"
if grep -q 'missing: ' .out; then skip "nothing is done" "this machine lacks $(sed -n 's/.*missing: \([^ ]*\).*/\1/p' .out | tr '\n' ' ')"; else
	is "$(cat .out)" "deps: all is there" "is said"
	absent "and nothing is done" log
fi
finish
