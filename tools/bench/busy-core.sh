#!/usr/bin/env bash
# How pictures in fp32 bear another program: seconds of denoising and decoding with a model, alone and beside a process
# that keeps the last core busy and never leaves it, in a session of its own, as other people's programs are. One run,
# turn about, medians.
#   tools/bench/busy-core.sh [ROUNDS] [OPTIONS OF "lssgen generate"]      3 rounds; emoji-flux at 1024 pixels, plain
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd)
rounds=${1:-3}
shift || true
[ $# -gt 0 ] || set -- -W 1024 -H 1024 --plain
folder=$(mktemp -d)
busy=
trap '[ -z "$busy" ] || kill "$busy"; rm -rf "$folder"' EXIT

measure() { # name
  "$home/lssgen" generate "a red apple left of a blue book" --seed 3 --dtype fp32 --overwrite -o "$folder/picture.png" \
    --format json "${@:2}" >>"$folder/$1.json"
}

for ((i = 0; i < rounds; i++)); do
  measure alone "$@"
  setsid taskset -c $(($(nproc) - 1)) bash -c 'while :; do :; done' &
  busy=$!
  measure busy "$@"
  kill "$busy"
  busy=
done
python3 "$home/tools/bench/seconds_table.py" "$folder/alone.json" "$folder/busy.json"
