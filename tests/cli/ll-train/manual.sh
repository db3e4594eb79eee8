#!/bin/sh
# SPDX-License-Identifier: MIT
# Every key of the configuration is in the man page. (Options, examples: tests/cli/common.)
. "$ROOT/tests/lib.sh"
page=$ROOT/man/ll-train.1
ll-train --preset=gpt2-tiny --print-config | sed 's/ =.*//' | while read -r key; do
	grep -qE "(^|[ -])$key( |\$)" "$page" || echo "$key"
done > missing
is "$(cat missing)" "" "every key is in the man page"
finish
