#!/usr/bin/env bash
# Seconds for a million pixels that an upsampler takes beside the way through pixels with the large autoencoder, whose
# weights are random: its time does not depend on them.
#   tools/bench/upsampler-times.sh [SIDE] [FOLDER]      crops of 512 pixels; bench-models
# Goal: at most 4 %. UPSAMPLERS names folders to measure beside those that come along, as "flux=DIR sdxl=DIR"; PYTHON an
# interpreter with the packages that tools/golden/requirements.txt pins; wants pictures in runs/photos.
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd)
side=${1:-512}
folder=${2:-bench-models}
python=${PYTHON:-python3}
shipped=$home/models/src/main/resources/io/lssgen/models/upsamplers
mkdir -p "$folder"
find -L runs/photos -maxdepth 1 \( -name '*.jpg' -o -name '*.png' \) -printf '%f\n' | sort | head -3 >"$folder/pictures.txt"
for pair in flux=flux-vae sd=sd15-vae sdxl=sdxl-vae; do
  space=${pair%%=*} kind=${pair##*=}
  [ -f "$folder/$kind/config.json" ] || "$python" "$home/tools/bench/full_size_models.py" "$kind" "$folder/$kind"
  networks=()
  [ -d "$shipped/$space" ] && networks+=(--upsampler "$shipped/$space")
  for own in ${UPSAMPLERS:-}; do
    [ "${own%%=*}" = "$space" ] && networks+=(--upsampler "${own#*=}")
  done
  [ ${#networks[@]} -gt 0 ] || { echo "$space: no upsampler comes along; name one in UPSAMPLERS" >&2; continue; }
  "$home/lssgen" eval upsampler --autoencoder "$folder/$kind" "${networks[@]}" --pictures runs/photos --dtype auto \
    --held-out-list "$folder/pictures.txt" --crops 1 --side "$side" ${THREADS:+--threads "$THREADS"} --format json |
    "$python" -c '
import json, sys
ways = {w["way"]: w["seconds_per_megapixel"] for w in json.load(sys.stdin)["ways"]}
pixels = ways["pixel round trip"]
print(f"{sys.argv[1]:5s} pixel round trip {pixels:7.2f} s/MP")
for way, seconds in ways.items():
    if "/" in way:
        print(f"      {way}: {seconds:.3f} s/MP, {100 * seconds / pixels:.2f} %")' "$space"
done
