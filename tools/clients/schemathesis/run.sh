#!/usr/bin/env bash
set -euo pipefail
# The server against its own description: no answer that is not described there, none that says the server failed.
here=$(cd "$(dirname "$0")" && pwd)
cd "$LSSGEN_CLIENTS" # it leaves its notes where it runs
exec schemathesis --config-file "$here/schemathesis.toml" run "$LSSGEN_LOCKED_URL/openapi.json"
