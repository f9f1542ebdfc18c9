#!/usr/bin/env bash
# The ways to scale a latent, at generation time: the same held-out prompts and seeds made plain and in each space, with
# scene scores, sharpness and seconds a picture (medians), of one model.
#   tools/bench/scaling-spaces.sh [COUNT] [MORE OPTIONS OF "lssgen eval scenes"]      COUNT prompts of each category: 5
# Leaves FOLDER/SPACE.json and the sheets FOLDER/SPACE.png (FOLDER: runs/scaling-spaces); wants python3.
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd)
count=${1:-5}
shift || true
folder=${FOLDER:-runs/scaling-spaces}
mkdir -p "$folder"
printf '| way | overall | single | two | counting | position | background | size | sharpness | s each |\n'
printf '|---|---|---|---|---|---|---|---|---|---|\n'
for way in plain neural bicubic pixel dct none; do
  if [ "$way" = plain ]; then how=(--plain); else how=(--scaling "$way"); fi
  "$home/lssgen" eval scenes --count "$count" "${how[@]}" --sheet "$folder/$way.png" --overwrite --format json "$@" \
    >"$folder/$way.json"
  python3 - "$way" "$folder/$way.json" <<'P'
import json, sys
report = json.load(open(sys.argv[2]))
names = ["overall", "single_object", "two_objects", "counting", "position", "background", "size"]
scores = " | ".join("{:.0f} %".format(100 * report["scores"][name]["score"]) for name in names)
print(f"| {sys.argv[1]} | {scores} | {report['sharpness']['generated']:.0f} | {report['seconds_per_picture']:.2f} |")
P
done
