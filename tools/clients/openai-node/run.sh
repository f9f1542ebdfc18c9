#!/usr/bin/env bash
exec node --test --test-reporter=spec --test-timeout=600000 "$(dirname "$0")/"
