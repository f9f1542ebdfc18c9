#!/usr/bin/env bash
# Installs what the clients of run.sh need, in the versions pinned here: Python's packages in target/clients, Node's beside
# the clients that import them, as Node wants it. Does nothing where all of it is there. Wants python3 (with venv), node and
# npm. Chromium, for the page, is the system's; as root on Debian it is installed when missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${LSSGEN_CLIENTS:-$here/../../target/clients}

say() { printf 'clients: %s\n' "$*" >&2; }

# Installs a folder unless it was done with the very same inputs: the folder, the inputs' digest, and a command.
once() {
  local folder=$1 mark=$1/installed digest=$2
  shift 2
  [[ -r $mark && $(<"$mark") == "$digest" ]] && return
  rm -rf "$folder"
  "$@"
  printf '%s\n' "$digest" >"$mark"
}

digest_of() { cat "$@" | cksum; }

python_packages() {
  say "installing Python packages"
  local arguments=() file
  for file in "${requirements[@]}"; do arguments+=(-r "$file"); done
  python3 -m venv "$target/python"
  "$target/python/bin/pip" install --quiet --disable-pip-version-check -c "$here/constraints.txt" "${arguments[@]}"
}

node_packages() {
  say "installing Node packages of ${1##*/}"
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --prefix "$1" --silent --no-audit --no-fund --ignore-scripts
}

install_chromium() {
  say "installing Debian's chromium"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 \
    chromium >"$target/chromium.log" 2>&1 || { tail -n 20 "$target/chromium.log" >&2; return 1; }
}

mkdir -p "$target"
requirements=("$here"/*/requirements.txt)
once "$target/python" "$(digest_of "$here/constraints.txt" "${requirements[@]}") $(python3 --version)" python_packages
for list in "$here"/*/package-lock.json; do
  folder=${list%/*}
  once "$folder/node_modules" "$(digest_of "$list") $(node --version)" node_packages "$folder"
done
if ! command -v chromium >/dev/null && ((EUID == 0)) && command -v apt-get >/dev/null; then install_chromium; fi
