#!/usr/bin/env bash
# Fetches the tiny autoencoders of four latent spaces (TAESD by Ollin Boer Bohan, MIT), which train and measure latent
# upsamplers, from the Hugging Face hub, in the diffusers layout:
#   <folder>/<name>/config.json                             taesd, taesdxl, taesd3, taef1: as configs/upsamplers name them
#   <folder>/<name>/diffusion_pytorch_model.safetensors
#   <folder>/tae.tsv                                        name, file, commit, sha256
# usage: tools/fetch-tae.sh [folder]      default: runs/tae
# Needs curl and sha256sum (or shasum). What is there already is not fetched again.
# Some of them: NAMES="taef1" tools/fetch-tae.sh. A mirror of the hub: HF_ENDPOINT, as for other tools.
set -euo pipefail

folder=${1:-runs/tae}
names=${NAMES:-taesd taesdxl taesd3 taef1}
hub=${HF_ENDPOINT:-https://huggingface.co}

command -v curl >/dev/null || {
  echo "fetch-tae: wanted curl, found none; install it" >&2
  exit 1
}
mkdir -p "$folder"
list=$folder/tae.tsv
[ -f "$list" ] || printf 'name\tfile\tcommit\tsha256\n' >"$list"

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1
}

# The last value of a header in all answers of a request: the hub names commit and checksum before it redirects.
header() { # file, name
  tr -d '\r"' <"$1" | awk -F ': ' -v name="$2" 'tolower($1) == name { value = $2 } END { print value }'
}

fetch_file() { # name, file, folder to write to
  local url=$hub/madebyollin/$1/resolve/main/$2 found wanted
  if ! curl -fsSL --retry 3 -D "$3/headers" -o "$3/$2" "$url"; then
    echo "fetch-tae: $url cannot be downloaded; check the network, or name a mirror with HF_ENDPOINT" >&2
    return 1
  fi
  found=$(sha256 "$3/$2")
  wanted=$(header "$3/headers" x-linked-etag) # of large files: their sha256
  if [[ $wanted =~ ^[0-9a-f]{64}$ && $wanted != "$found" ]]; then
    echo "fetch-tae: $url has sha256 $found, wanted $wanted; run it again" >&2
    return 1
  fi
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$(header "$3/headers" x-repo-commit)" "$found" >>"$3/list"
}

fetch() { # name
  local target=$folder/$1 work
  if [ -e "$target" ] || [ -e "${target}_decoder.safetensors" ]; then # a folder, or its author's own two files
    echo "$1 is in $target"
    return
  fi
  work=$(mktemp -d "$folder/.fetch-XXXXXX")
  if ! fetch_file "$1" config.json "$work" ||
    ! fetch_file "$1" diffusion_pytorch_model.safetensors "$work"; then
    rm -rf "$work"
    return 1
  fi
  cat "$work/list" >>"$list"
  rm "$work/list" "$work/headers"
  chmod 755 "$work"
  mv "$work" "$target" # as a whole: its presence means complete
  echo "$1 is in $target"
}

failed=0
for name in $names; do
  fetch "$name" || failed=1
done
exit $failed
