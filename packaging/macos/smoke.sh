#!/usr/bin/env bash
# Runs what was built: smoke.sh APP. The command answers, and the window paints.
set -euo pipefail

program="$1/Contents/MacOS/fitting-room"
"$program" --version
"$program" estimate --model Llama-2-7b-hf --gpu "RTX 4090" --json >/dev/null
picture="$(mktemp -d)/a picture 图.png"
"$program" --smoke-test "$picture"
[[ $(stat -f %z "$picture") -gt 20000 ]]
plutil -lint "$1/Contents/Info.plist"
