#!/usr/bin/env bash
exec python -m pytest -q -p no:cacheprovider "$(dirname "$0")"
