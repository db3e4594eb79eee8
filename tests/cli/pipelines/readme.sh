# SPDX-License-Identifier: MIT
# The pipeline that the README shows, word for word.
. "$ROOT/tests/lib.sh"
ln -s "$ROOT/samples" samples
awk '/^A pipeline:/ { on = 1; next } on && /^    / { print substr($0, 5); seen = 1 } seen && /^$/ { exit }' "$ROOT/README.md" > pipeline.sh
ok "the README shows a pipeline" test "$(wc -l < pipeline.sh)" -ge 5
ok "it runs as it stands" sh -e pipeline.sh
ok "it prints some text" test "$(wc -c < .out)" -gt 5
ok "and leaves a model" test -s run/latest/model.safetensors
finish
