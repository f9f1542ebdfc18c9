#!/usr/bin/env bash
# What threads that sleep while they wait are worth in fp32: seconds of denoising and decoding with emoji-flux, as this
# program sets OpenMP and OpenBLAS up, and with threads that spin, which is how they come. One run, turn about, medians.
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
    --overwrite -o "$folder/picture.png" --format json >>"$folder/$name.json"
}

unset OMP_WAIT_POLICY GOMP_SPINCOUNT OPENBLAS_THREAD_TIMEOUT
for ((i = 0; i < rounds; i++)); do
  measure asleep
  measure spinning GOMP_SPINCOUNT=300000 OPENBLAS_THREAD_TIMEOUT=26 # as they are by themselves
done

python3 "$home/tools/bench/seconds_table.py" "$folder/asleep.json" "$folder/spinning.json"
