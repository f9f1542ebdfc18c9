#!/usr/bin/env bash
# Installs what the clients of run.sh need into target/clients, in the versions pinned here; does nothing where all of it
# is there. Wants python3 (with venv), node and npm. Chromium, for the page, is the system's; as root on Debian it is
# installed when missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${LSSGEN_CLIENTS:-$here/../../target/clients}

say() { printf 'clients: %s\n' "$*" >&2; }

# Installs unless it was done with the very same inputs: mark FILE, the inputs' digest, and a command.
once() {
  local mark=$1 digest=$2
  shift 2
  [[ -r $mark && $(<"$mark") == "$digest" ]] && return
  "$@"
  printf '%s\n' "$digest" >"$mark"
}

digest_of() { cat "$@" | sha256sum | cut -d ' ' -f 1; }

python_packages() {
  say "installing Python packages"
  local arguments=() file
  for file in "${requirements[@]}"; do arguments+=(-r "$file"); done
  rm -rf "$target/python"
  python3 -m venv "$target/python"
  "$target/python/bin/pip" install --quiet --disable-pip-version-check -c "$here/constraints.txt" "${arguments[@]}"
}

# A client's packages, in a folder beside the sources' so that nothing is written into those.
node_packages() {
  say "installing Node packages of ${1##*/}"
  rm -rf "$2"
  mkdir -p "$2"
  cp "$1"/package.json "$1"/package-lock.json "$2"
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --prefix "$2" --silent --no-audit --no-fund --ignore-scripts
}

chromium() {
  say "installing Debian's chromium"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 \
    chromium >"$target/chromium.log" 2>&1 || { tail -n 20 "$target/chromium.log" >&2; return 1; }
}

mkdir -p "$target"
requirements=("$here"/*/requirements.txt)
once "$target/python.done" "$(digest_of "$here/constraints.txt" "${requirements[@]}") $(python3 --version)" python_packages
for list in "$here"/*/package.json; do
  folder=${list%/*}
  once "$target/${folder##*/}.done" "$(digest_of "$list" "$folder/package-lock.json")" \
    node_packages "$folder" "$target/${folder##*/}"
done
if ! command -v chromium >/dev/null && ((EUID == 0)) && command -v apt-get >/dev/null; then chromium; fi
