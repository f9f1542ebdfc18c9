#!/usr/bin/env bash
# Peak memory and seconds of SD1.5 at 512 and SDXL at 1024 with random weights of full size, in bf16.
#   tools/bench/full-size-memory.sh [FOLDER]
# Writes 9 GB of models into FOLDER (bench-models) unless they are there; PYTHON names an interpreter with the packages
# that tools/golden/requirements.txt pins. Goals: 6 GiB and 14 GiB.
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:-bench-models}
for kind in sd15 sdxl; do
  if [ ! -f "$folder/$kind/model_index.json" ]; then
    "${PYTHON:-python3}" "$home/tools/bench/full_size_models.py" "$kind" "$folder/$kind"
  fi
done
measure() {
  local kind=$1 side=$2
  "$home/lssgen" generate -m "$folder/$kind" "a lighthouse at dusk" -W "$side" -H "$side" --steps 2 --seed 1 --plain \
    --dtype bf16 --format json -o "$folder/$kind.png" --overwrite |
    "${PYTHON:-python3}" -c '
import json, sys
report = json.load(sys.stdin)
seconds = report["seconds"]
print("%-5s %5s px  peak %5.2f GiB  text %.1f s  %.1f s a step (two evaluations)  decode %.1f s" % (
    sys.argv[1], sys.argv[2], report["peak_memory_bytes"] / 2**30, seconds["text"],
    sum(seconds["denoise"]) / report["plan"]["total_steps"], seconds["decode"]))' "$kind" "$side"
}
measure sd15 512
measure sdxl 1024
