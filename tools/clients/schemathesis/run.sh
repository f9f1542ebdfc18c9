#!/usr/bin/env bash
# The server against its own description: no answer that is not described there, none that says the server failed.
cd "$(dirname "$0")" || exit
exec schemathesis run "$LSSGEN_LOCKED_URL/openapi.json"
