#!/bin/sh
# SPDX-License-Identifier: MIT
# The page at the end of the demo, from the files under OUT.
set -eu
number() { sed -n 's/.*"'"$2"'":\([-0-9.e]*\).*/\1/p' "$1" | head -n 1; }
bytes=$(number "$OUT/bpb.json" bytes)
model=$(number "$OUT/bpb.json" bits_per_byte)
unigram=$(number "$OUT/bpb.json" unigram_bits_per_byte)
text_bytes=$(wc -c < "$OUT/heldout.txt")
xz=$(awk -v x="$(cat "$OUT/xz.txt")" -v n="$text_bytes" 'BEGIN { printf "%.4f", 8 * x / n }')

echo "From raw text to a language model"
echo "---------------------------------"
echo
ll-shard report "$OUT/import.json" "$OUT/clean.json" "$OUT/dedup.json" "$OUT/decontam.json" "$OUT/sample.json" "$OUT/encode.json"
echo
awk -v t="$(sed -n 's/.*"tokens":\([0-9]*\).*/\1/p' "$OUT/data/manifest.json" | head -n 1)" \
    -v v="$(sed -n 's/.*"tokens":\([0-9]*\).*/\1/p' "$OUT/valid/manifest.json" | head -n 1)" \
    'BEGIN { printf "Tokens: %d to train on, %d held out.\n", t, v }'
tail -n 1 "$OUT/run/log.tsv" | awk -F'\t' '{ printf "Trained %d steps on %d tokens; last training loss %.3f nats a token.\n", $1, $2, $3 }'
if command -v gnuplot > /dev/null; then
	ll-train report --panels=loss -o "$OUT/loss.png" "$OUT/run"
	ll-train report --panels=loss "$OUT/run"
	echo "The curve as a picture: $OUT/loss.png"
else
	echo "(no gnuplot: no curve)"
fi
echo
echo "Held-out documents: $bytes bytes. Bits per byte, less is better:"
printf '  %-34s %s\n' "the model" "$(printf '%.4f' "$model")" "xz -9 of the same text as one file" "$xz" "unigram model over tokens" "$(printf '%.4f' "$unigram")"
awk -v m="$model" -v x="$xz" -v u="$unigram" 'BEGIN { print (m < x && m < u) ? "  The model beats both." : "  The model does NOT beat both: train longer or on more text." }'
echo
printf 'Cloze: the last word of %d held-out sentences among four: %.1f %% right (chance %.1f %%, 95 %% interval %.1f to %.1f %%).\n' \
	"$(number "$OUT/cloze.json" items)" $(for k in acc chance wilson_low wilson_high; do awk -v x="$(number "$OUT/cloze.json" $k)" 'BEGIN { print 100 * x }'; done)
echo
echo "Some text of its own:"
fold -s -w 96 "$OUT/generated.txt" | sed 's/^/  | /'
