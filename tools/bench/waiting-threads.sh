#!/usr/bin/env bash
# What threads that sleep while they wait are worth in fp32: seconds of denoising and decoding with emoji-flux, as this
# program sets OpenMP up and with threads that spin, which is how OpenMP comes. One run, turn about, medians.
#   tools/bench/waiting-threads.sh [ROUNDS] [SIDE]      3 rounds; 1024 pixels
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd)
rounds=${1:-3}
side=${2:-1024}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

measure() { # name, variables
  local name=$1
  shift
  env "$@" "$home/lssgen" generate "a red apple left of a blue book" --seed 3 -W "$side" -H "$side" --dtype fp32 \
    --overwrite -o "$folder/picture.png" --format json >>"$folder/$name.jsonl"
}

unset OMP_WAIT_POLICY GOMP_SPINCOUNT
for ((i = 0; i < rounds; i++)); do
  measure asleep
  measure spinning GOMP_SPINCOUNT=300000 # OpenMP's own default
done

python3 - "$folder" <<'PY'
import json, pathlib, statistics, sys

def medians(name):
    text, runs = pathlib.Path(sys.argv[1], name + ".jsonl").read_text(), []
    while text.strip():
        run, end = json.JSONDecoder().raw_decode(text.lstrip())
        runs.append(run["seconds"])
        text = text.lstrip()[end:]
    denoise = statistics.median(sum(run["denoise"]) for run in runs)
    return denoise, statistics.median(run["decode"] for run in runs)

asleep, spinning = medians("asleep"), medians("spinning")
for name, (denoise, decode) in (("asleep", asleep), ("spinning", spinning)):
    print(f"{name:9s} denoise {denoise:6.2f} s   decode {decode:6.2f} s")
print(f"ratio     denoise {spinning[0] / asleep[0]:6.2f}     decode {spinning[1] / asleep[1]:6.2f}")
PY
