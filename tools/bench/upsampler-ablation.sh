#!/usr/bin/env bash
# What each choice in configs/upsamplers is worth: trains variants of one space alike and measures them on held-out
# pictures in one run, a table and FOLDER/ablation.json.
#   tools/bench/upsampler-ablation.sh SPACE [STEPS] [FOLDER]      SPACE: flux, sd3, sd, sdxl; 800 steps; runs/ablation-SPACE
# Wants what configs/upsamplers/SPACE.yaml wants (pictures in runs/photos, tiny autoencoder in runs/tae) and python3.
# A variant that is trained already is not trained again. VARIANTS="base published" makes some of them alone; THREADS
# and ARTWORK are handed on.
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd)
space=${1:?SPACE is missing: flux, sd3, sd or sdxl}
steps=${2:-800}
folder=${3:-runs/ablation-$space}
cache=${CACHE:-$folder/pairs.bin}
config=$home/configs/upsamplers/$space.yaml
[ -f "$config" ] || { echo "upsampler-ablation: there is no $config" >&2; exit 2; }
mkdir -p "$folder"

# What changes beside "loss" and "training".
declare -A change=(
  [published]="upsampler: {kind: published, width: null, blocks: null}"
  [published-residual]="upsampler: {kind: published, width: null, blocks: null, residual: bicubic}"
  [published-8-groups]="upsampler: {kind: published, width: null, blocks: null, norm_num_groups: 8}"
  [published-4-groups]="upsampler: {kind: published, width: null, blocks: null, norm_num_groups: 4}"
  [published-1-group]="upsampler: {kind: published, width: null, blocks: null, norm_num_groups: 1}"
  [published-start]="upsampler: {kind: published, width: null, blocks: null, norm_num_groups: 1}"
  [published-wide-start]="upsampler: {kind: published, width: null, blocks: null, norm_num_groups: 1, block_out_channels: [128, 64]}"
  [wide]="upsampler: {width: 192, blocks: 8}"
)
# What changes in the section "loss", whatever weights the space's own file has.
latents="latent_mse: 1, first_level: 0, features: 0"
base_loss="$latents, pixels: 1, gradients: 0.5"
first_level="latent_mse: 0.05, first_level: 1, pixels: 2, gradients: 0.5, features: 0"
declare -A loss=(
  [latents-only]="$latents, pixels: 0, gradients: 0"
  [no-gradients]="$latents, pixels: 1, gradients: 0"
  [pixels-4]="$latents, pixels: 4, gradients: 0.5"
  [pixels-4-gradients-2]="$latents, pixels: 4, gradients: 2"
  [ssim]="$base_loss, ssim: 0.3"
  [features]="latent_mse: 1, first_level: 0, pixels: 1, gradients: 0.5, features: 0.2"
  [first-level]="$first_level"
  [through-pixels]="$base_loss"
  [through-pixels-first-level]="$first_level"
)
# What changes in the section "training", whatever the space's own file has.
base_training="target: picture, roughness: 0.1"
through_pixels="target: pixels, roughness: 0.1"
declare -A training=(
  [no-noise]="target: picture, roughness: 0"
  [unmixed]="$base_training, mixed: 0"
  [published-start]="$base_training, start: bilinear"
  [published-wide-start]="$base_training, start: bilinear"
  [nearest]="$base_training, kernels: {nearest: 1, lanczos: null, bicubic: null, area: null}"
  [lanczos]="$base_training, kernels: {lanczos: 1, bicubic: null, area: null}"
  [not-reencoded]="$base_training, reencoded: 0"
  [through-pixels]="$through_pixels"
  [through-pixels-first-level]="$through_pixels"
)
# Those whose pairs are others have a file of their own.
declare -A pairs=([nearest]=nearest [lanczos]=lanczos [not-reencoded]=not-reencoded
  [through-pixels]=through-pixels [through-pixels-first-level]=through-pixels)
order=(base latents-only no-gradients pixels-4 pixels-4-gradients-2 ssim features first-level through-pixels
  through-pixels-first-level no-noise unmixed nearest lanczos not-reencoded published published-8-groups published-4-groups
  published-1-group published-start published-wide-start published-residual wide)
read -r -a chosen <<<"${VARIANTS:-${order[*]}}"

write() { # variant
  local own=$cache
  [ -z "${pairs[$1]:-}" ] || own=$folder/${pairs[$1]}.bin
  cat <<Y
base: $config
run: {folder: $folder/$1, log_every: 100, sample_every: 100000}
optimizer: {steps: $steps}
data: {artwork: ${ARTWORK:-null}}
training: {latents_first: $((steps / 3)), cache: $own, ${training[$1]:-$base_training}}
loss: {${loss[$1]:-$base_loss}}
${change[$1]:-}
Y
}

networks=()
for variant in "${chosen[@]}"; do
  [[ " ${order[*]} " == *" $variant "* ]] || { echo "upsampler-ablation: no variant $variant" >&2; exit 2; }
  if [ ! -f "$folder/$variant.done" ]; then
    write "$variant" >"$folder/$variant.yaml"
    "$home/lssgen" train upsampler --config "$folder/$variant.yaml" ${THREADS:+--threads "$THREADS"} \
      >"$folder/$variant.log"
    touch "$folder/$variant.done"
  fi
  networks+=(--upsampler "$folder/$variant/model/upsampler")
done
autoencoder=$(sed -n 's/^ *autoencoder: *\([^ ]*\).*/\1/p' "$config")
"$home/lssgen" eval upsampler --autoencoder "$autoencoder" --pictures runs/photos --crops 1 --dtype auto \
  --held-out-list "$home/configs/upsamplers/held-out.txt" \
  "${networks[@]}" ${THREADS:+--threads "$THREADS"} --format json >"$folder/ablation.json"
python3 - "$folder/ablation.json" "$steps" <<'P'
import json, sys
report = json.load(open(sys.argv[1]))
print(f"{report['autoencoder']}, {sys.argv[2]} steps; {report['pictures']}")
print("| way | latent MSE | PSNR, dB | SSIM | spectrum error, dB | s/MP |\n|---|---|---|---|---|---|")
for way in report["ways"]:
    name = way["way"].removesuffix("/model/upsampler").split("/")[-1]
    print("| {} | {:.4f} | {:.2f} | {:.4f} | {:.2f} | {:.3f} |".format(
        name, way["latent_mse"], way["psnr"], way["ssim"], way["spectrum_error"], way["seconds_per_megapixel"]))
P
