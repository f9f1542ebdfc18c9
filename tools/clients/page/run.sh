#!/usr/bin/env bash
# Runs the web page in the distribution's Chromium: types, then every use of the page. Screenshots go
# to target/clients/page.
#
# LSSGEN_URL      a running server's address, or the first argument; without it the test starts its own,
#                 as it does in any case for the parts on restarts and keys
# LSSGEN_COMMAND  the command that starts them; otherwise ./lssgen
# CHROMIUM        the browser's file; otherwise chromium on the PATH
set -euo pipefail
cd "$(dirname "$0")"

if [[ $# -gt 0 ]]; then
  export LSSGEN_URL=$1
fi
CHROMIUM=$(command -v "${CHROMIUM:-chromium}") || {
  echo "page: no Chromium found; install it (apt-get install chromium) or name its file in CHROMIUM" >&2
  exit 1
}
export CHROMIUM
# Of what ../run.sh has installed, this would remove even the note that it is there.
[[ -n ${LSSGEN_CLIENTS:-} ]] || npm ci --loglevel=error --no-audit --no-fund
npx tsc --project tsconfig.json
node --test --test-concurrency=1 --test-reporter=spec --test-timeout=900000
