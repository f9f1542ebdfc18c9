#!/usr/bin/env bash
# A server under more clients than it takes: answers by status, waiting times, and whether its native memory stays flat.
#   tools/bench/server-load.sh [--seconds 300] [--clients 64] [--warm-up 60]
# The server runs in a process of its own with the tests' tiny model, so that it is the server that is measured. Linux.
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd)
seconds=300 clients=64 warm_up=60
while (($# > 0)); do
  case $1 in
    --seconds) seconds=$2 ;;
    --clients) clients=$2 ;;
    --warm-up) warm_up=$2 ;;
    *) echo "server-load: unknown option $1; wanted --seconds, --clients or --warm-up" >&2; exit 2 ;;
  esac
  shift 2
done
app=("$home/lssgen")
# shellcheck source=tools/lib/server.sh
source "$home/tools/lib/server.sh"
trap stop_servers EXIT
tiny_model "$work/tiny"
# A heap of one size, all of it in memory from the start: what changes is native memory.
export LSSGEN_JAVA_OPTS="-Xms256m -Xmx256m -XX:+AlwaysPreTouch ${LSSGEN_JAVA_OPTS:-}"
serve load -m "$work/tiny" --threads 1 --queue $((clients * 5 / 8)) --per-client "$clients"
"${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx256m -XX:+UseSerialGC "$home/tools/bench/ServerLoad.java" \
  "$address" "$pid" "$clients" "$warm_up" "$seconds"
