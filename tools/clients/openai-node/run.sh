#!/usr/bin/env bash
exec node --test --test-reporter=spec "$(dirname "$0")/"
