#!/usr/bin/env bash
# Fetches the emoji artwork that training renders its scenes from, as npm packages, and unpacks their icon sets:
#   <folder>/noto/icons.json                 Noto Emoji (Apache-2.0), the default style
#   <folder>/fluent-emoji-flat/icons.json    Fluent Emoji Flat (MIT), "in flat style"
# usage: tools/fetch-emoji.sh [folder]       default: ${LSSGEN_CACHE:-$HOME/.cache/lssgen}/emoji
# Needs npm and sha256sum (or shasum). Running it again does nothing when both sets are there.
set -euo pipefail

folder=${1:-${LSSGEN_CACHE:-$HOME/.cache/lssgen}/emoji}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1
}

check() { # file, wanted sha256
  local found
  found=$(sha256 "$1")
  if [ "$found" != "$2" ]; then
    echo "fetch-emoji: $1 has sha256 $found, wanted $2; delete it and run again" >&2
    exit 1
  fi
}

fetch() { # icon set, version, sha256 of the package, sha256 of its icons.json
  local set=$1 version=$2 package_sum=$3 icons_sum=$4 work
  if [ -f "$folder/$set/icons.json" ]; then
    check "$folder/$set/icons.json" "$icons_sum"
    echo "$set $version is in $folder/$set"
    return
  fi
  work=$(mktemp -d "$folder/.fetch-XXXXXX")
  (cd "$work" && npm pack --silent "@iconify-json/$set@$version" >/dev/null)
  check "$work/iconify-json-$set-$version.tgz" "$package_sum"
  tar -xzf "$work/iconify-json-$set-$version.tgz" -C "$work"
  check "$work/package/icons.json" "$icons_sum"
  mkdir -p "$folder/$set"
  mv "$work/package/info.json" "$folder/$set/info.json" # names the author and the licence
  mv "$work/package/icons.json" "$folder/$set/icons.json" # last: its presence means complete
  rm -rf "$work"
  echo "$set $version is in $folder/$set"
}

fetch noto 1.2.9 \
  3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad \
  9eac6ef4e7ec122b6f0e7ac281d61008afdbc720d0ce861e398b939daaa347c6
fetch fluent-emoji-flat 1.2.6 \
  7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175 \
  f5f4cf457c0db2ad5a2e42e033e02e0c87d10e43d0164cfffb3bb84914970a63
