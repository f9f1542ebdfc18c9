#!/usr/bin/env bash
# Peak memory and seconds of SD1.5 at 512 and SDXL at 1024 with random weights of full size, in bf16 files, plain and by
# latent space scaling. Ends with 1 if a peak is above its limit: 6 GiB and 14 GiB.
#   tools/bench/full-size-memory.sh [FOLDER]
# Stable Diffusion 3.5 medium at 512 without T5; its limit is 10 GiB:
#   KINDS=sd35-medium tools/bench/full-size-memory.sh      # writes 7 GB
# OPTIONS: what else "generate" is told; "--dtype bf16". KINDS: "sd15 sdxl". In fp32 with half the memory:
#   OPTIONS="--dtype fp32 --weights-as-stored" KINDS=sd15 tools/bench/full-size-memory.sh
# FLUX.1-dev at 512 from GGUF files, in Q4_0 with T5 in Q8_0; its limit is 16 GiB:
#   OPTIONS="--dtype auto" KINDS=flux-gguf tools/bench/full-size-memory.sh      # writes 12 GB
# Writes 9 GB of models into FOLDER (bench-models) unless they are there; PYTHON names an interpreter with the packages
# that tools/golden/requirements.txt pins.
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:-bench-models}
read -r -a kinds <<<"${KINDS:-sd15 sdxl}"
read -r -a options <<<"${OPTIONS:---dtype bf16}"
for kind in "${kinds[@]}"; do
  case $kind in
    sd15 | sdxl | sd35-medium | flux-gguf) ;;
    *) echo "full-size-memory: KINDS wants sd15, sdxl, sd35-medium or flux-gguf, found $kind" >&2; exit 2 ;;
  esac
done
for kind in "${kinds[@]}"; do
  case $kind in
    sd15 | sdxl | sd35-medium)
      [ -f "$folder/$kind/model_index.json" ] ||
        "${PYTHON:-python3}" "$home/tools/bench/full_size_models.py" "$kind" "$folder/$kind" ;;
    flux-gguf)
      [ -f "$folder/$kind/flux1-dev-Q4_0.gguf" ] ||
        "${PYTHON:-python3}" "$home/tools/bench/full_size_gguf.py" "$folder/$kind" ;;
  esac
done
above=0
measure() {
  local kind=$1 side=$2 limit=$3 way=$4
  local how=() model=("$folder/$kind")
  [ "$way" = plain ] && how=(--plain)
  [ "$kind" = sd35-medium ] && how+=(--min-size 256)
  if [ "$kind" = flux-gguf ]; then
    how+=(--min-size 256)
    model=("$folder/$kind/flux1-dev-Q4_0.gguf" --clip-l "$folder/$kind/clip_l.safetensors"
      --t5xxl "$folder/$kind/t5-Q8_0.gguf" --vae "$folder/$kind/ae.safetensors")
  fi
  "$home/lssgen" generate -m "${model[@]}" "a lighthouse at dusk" -W "$side" -H "$side" --steps 2 --seed 1 \
    "${how[@]}" "${options[@]}" --format json -o "$folder/$kind-$way.png" --overwrite |
    "${PYTHON:-python3}" -c '
import json, sys
report = json.load(sys.stdin)
kind, side, limit, way = sys.argv[1:]
seconds, peak = report["seconds"], report["peak_memory_bytes"] / 2**30
print("%-11s %5s px %-6s  peak %5.2f GiB of %s  text %.1f s  denoise %s s  decode %.1f s" % (
    kind, side, way, peak, limit, seconds["text"], " + ".join("%.1f" % s for s in seconds["denoise"]), seconds["decode"]))
sys.exit(peak > float(limit))' "$kind" "$side" "$limit" "$way" || above=1
}
for way in plain scaled; do
  for kind in "${kinds[@]}"; do
    case $kind in
      sd15) measure sd15 512 6 "$way" ;;
      sdxl) measure sdxl 1024 14 "$way" ;;
      sd35-medium) measure sd35-medium 512 10 "$way" ;;
      flux-gguf) measure flux-gguf 512 16 "$way" ;;
    esac
  done
done
exit $above
