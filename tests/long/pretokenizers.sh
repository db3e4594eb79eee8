# SPDX-License-Identifier: MIT
# Every hand-written pre-tokenizer against PCRE2 running its patterns, on every path of this machine: LL_STRINGS texts each.
. "$ROOT/tests/lib.sh"
for cpu in scalar avx2 avx512; do
	if LL_CPU=$cpu ll-bpe train -q --pretokenizer=gpt2 --vocab-size=256 -o /dev/null "$ROOT/samples/bees.txt" 2>&1 | grep -q "this processor has only"; then
		skip "$cpu" "not on this processor"
		continue
	fi
	ok "$cpu" env LL_CPU=$cpu "$UNIT/bpe_pretokenize_test" --prove "${LL_STRINGS:-1000000}"
done
finish
