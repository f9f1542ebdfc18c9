#!/usr/bin/env bash
# How shapes of the denoiser learn: trains each alike from nothing, on the same pictures and noise, and prints a table
# of the loss on the way (means of 20 steps) and of the speed.
#   tools/bench/denoiser-shapes.sh [STEPS] [FOLDER]      320; runs/denoiser-shapes
# SHAPES="4/3/6 7/1/2" names heads of 64, double and single blocks. Wants what configs/emoji/denoiser-256.yaml wants
# and python3; AUTOENCODER, LATENTS, ARTWORK and THREADS are handed on. A shape that is trained already is not again.
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd)
steps=${1:-320}
folder=${2:-runs/denoiser-shapes}
mkdir -p "$folder"
shapes=${SHAPES:-4/3/6 6/1/4 7/0/4 7/1/2 8/0/3}
for shape in $shapes; do
  IFS=/ read -r heads double single <<<"$shape"
  name=$heads-$double-$single
  [ -f "$folder/$name.done" ] && continue
  cat >"$folder/$name.yaml" <<Y
base: $home/configs/emoji/denoiser-256.yaml
run: {folder: $folder/$name, log_every: 20, sample_every: $steps}
optimizer: {steps: $steps, warmup: 40, last_rate: 0.1}
data: {artwork: ${ARTWORK:-null}}
training:
  autoencoder: ${AUTOENCODER:-$home/models/src/main/resources/io/lssgen/models/emoji-flux/vae}
  latents: ${LATENTS:-$folder/latents}
  initial: null
  things: null
  parts: null
  words: null
  pooled_dropout: null
transformer: {num_attention_heads: $heads, num_layers: $double, num_single_layers: $single}
Y
  "$home/lssgen" train denoiser --config "$folder/$name.yaml" ${THREADS:+--threads "$THREADS"} >"$folder/$name.log"
  touch "$folder/$name.done"
done
python3 - "$folder" "$steps" $shapes <<'P'
import json, statistics, sys
folder, steps, shapes = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
marks = [steps * part // 4 // 20 * 20 for part in (1, 2, 3, 4)]
print("| width | double | single | " + " | ".join(f"loss at {mark}" for mark in marks) + " | images/s |")
print("|---|---|---|" + "---|" * len(marks) + "---|")
for shape in shapes:
    heads, double, single = shape.split("/")
    lines = [json.loads(line) for line in open(f"{folder}/{heads}-{double}-{single}/log.jsonl")]
    loss = {line["step"]: line["loss"] for line in lines}
    speed = statistics.median(line["images_per_second"] for line in lines)
    losses = " | ".join(f"{loss[mark]:.3f}" if mark in loss else "" for mark in marks)
    print(f"| {64 * int(heads)} | {double} | {single} | {losses} | {speed:.1f} |")
P
