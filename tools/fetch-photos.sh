#!/usr/bin/env bash
# Fetches pictures under open licences for the training of latent upsamplers, from packages of Debian's archive:
#   <folder>/<package>_<name>.jpg|png|webp   the pictures, in the largest size that a package has of each
#   <folder>/photos.tsv                      file, package, version, path in the package, licence, sha256
#   <folder>/<package>.copyright             what the package says of authors and licences
# usage: tools/fetch-photos.sh [folder]      default: runs/photos
# Needs apt-get with Debian's (or a derivative's) archive, dpkg-deb and sha256sum. Nothing is installed. What is there
# already is not fetched again. Read the licences: some of the pictures are GPL-2+ or CC-BY-SA.
# Other packages: PACKAGES="a b" tools/fetch-photos.sh
set -euo pipefail

folder=${1:-runs/photos}
packages=${PACKAGES:-mate-backgrounds lomiri-wallpapers-20.04 plasma-workspace-wallpapers ukui-wallpapers}

for tool in apt-get dpkg-deb sha256sum; do
  command -v "$tool" >/dev/null || {
    echo "fetch-photos: wanted $tool, found none; run this on Debian or a derivative" >&2
    exit 1
  }
done
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
list=$folder/photos.tsv
[ -f "$list" ] || printf 'file\tpackage\tversion\tpath\tlicence\tsha256\n' >"$list"

# The licence of the last paragraph of a copyright file whose patterns match the path (machine-readable format 1.0).
# Patterns are of the source package, whose folders are others: names alone are compared.
licence() { # copyright file, path in the package
  local line pattern patterns=() matches="" found="" reading=""
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      Files:*) patterns=(); matches=""; reading=1; line=${line#Files:} ;;
      License:*) [ -n "$matches" ] && found=${line#License:}; matches=""; reading="" ;;
      [A-Za-z]*:*) reading="" ;;
      "") reading=""; matches="" ;;
    esac
    if [ -n "$reading" ]; then
      set -f
      for pattern in $line; do
        # shellcheck disable=SC2053
        if [ "$pattern" = "*" ] || [[ ${pattern##*/} != "*" && ${2##*/} == ${pattern##*/} ]]; then matches=1; fi
      done
      set +f
    fi
  done <"$1"
  found=${found# }
  echo "${found:-see the copyright file}"
}

# The largest of pictures that differ in size alone: Plasma names them by their size, MATE adds it to the name.
largest() {
  find "$1" -type f \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' -o -iname '*.webp' \) \
    ! -name 'screenshot.*' -printf '%s\t%P\n' | sort -rn | awk -F '\t' '{
      key = $2
      sub(/_[0-9]+x[0-9]+\.[a-zA-Z]+$/, "", key)
      sub(/\.[a-zA-Z]+$/, "", key)
      sub(/\/[0-9]+x[0-9]+$/, "", key)
      if (!(key in seen)) { seen[key] = 1; print $2 }
    }' | sort
}

name_of() { # package, path: a name without folders
  local name=${2##*/} place
  case $name in
    [0-9]*x[0-9]*.*)
      place=${2#usr/share/wallpapers/}
      name=${place%%/*}$([[ $2 == *images_dark* ]] && echo -dark || true).${name##*.} ;;
  esac
  echo "$1_$name"
}

fetch() { # package
  local package=$1 work deb version path name
  if [ -f "$folder/$package.copyright" ]; then
    echo "$package is in $folder"
    return
  fi
  work=$(mktemp -d "$folder/.fetch-XXXXXX")
  chmod 755 "$work"
  if ! (cd "$work" && apt-get download -qq "$package" >/dev/null); then
    rm -rf "$work"
    echo "fetch-photos: $package cannot be downloaded; try apt-get update, or leave it out with PACKAGES" >&2
    return 1
  fi
  deb=$(find "$work" -name '*.deb')
  version=$(dpkg-deb -f "$deb" Version)
  dpkg-deb -x "$deb" "$work/files"
  largest "$work/files" | while IFS= read -r path; do
    name=$(name_of "$package" "$path")
    mv "$work/files/$path" "$folder/$name"
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$package" "$version" "$path" \
      "$(licence "$work/files/usr/share/doc/$package/copyright" "$path")" \
      "$(sha256sum "$folder/$name" | cut -d' ' -f1)" >>"$list"
  done
  cp "$work/files/usr/share/doc/$package/copyright" "$folder/$package.copyright" # last: its presence means complete
  rm -rf "$work"
  echo "$package $version is in $folder"
}

failed=0
for package in $packages; do
  fetch "$package" || failed=1
done
echo "$(($(wc -l <"$list") - 1)) pictures are listed in $list"
exit $failed
