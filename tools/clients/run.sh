#!/usr/bin/env bash
# Existing clients of the server's APIs against a running server: each folder here with a run.sh is one.
#   tools/clients/run.sh [CLIENT…]
# Installs what they need (install.sh), starts two servers on free ports with data folders of their own, runs the clients
# in turn and fails if one failed. Each finds in its environment
#   LSSGEN_URL                             a server with the default model, open to this machine
#   LSSGEN_LOCKED_URL, LSSGEN_LOCKED_KEY   one with a tiny model that makes noise in no time, and the key that it wants
#   LSSGEN_COMMAND                         the lssgen command that these run, for clients that start servers of their own
# and its Python packages first on the PATH.
#
# CLIENTS           auto: left out, loudly, where python3, node, npm or chromium are missing; required: that is an error,
#                   and so it is with CI=true; skip: left out
# LSSGEN_CLASSPATH  classes and jars of the command; otherwise ./lssgen is run
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=$(cd "$here/../.." && pwd)
export LSSGEN_CLIENTS=$home/target/clients
mode=${CLIENTS:-auto}
if [[ $mode == auto && ${CI:-} == true ]]; then mode=required; fi

say() { printf 'clients: %s\n' "$*" >&2; }

leave_out() {
  say "################################################################"
  say "NOT RUN: the tests with existing clients of the server. $1"
  say "################################################################"
  [[ $mode != required ]] && exit 0
  exit 1
}

# Says what must be installed by hand, unless all is there.
require() {
  local missing=() tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  ((${#missing[@]} == 0)) || leave_out "Missing: ${missing[*]}. $how"
}

# A command that runs what was built, with the models as files, so that weights are mapped, not unpacked.
write_command() {
  printf '#!/usr/bin/env bash\nexec %q -Xmx1g -XX:+UseSerialGC -cp %q io.lssgen.cli.LssGenCommand "$@"\n' \
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" "$home/models/target/classes:$LSSGEN_CLASSPATH"
}

# Runs a client and adds its line to the table.
run() {
  local name=$1 begin=$SECONDS result=passed
  say "$name"
  if ! PATH=$LSSGEN_CLIENTS/python/bin:$PATH "$here/$name/run.sh"; then
    result=FAILED
    failed=$((failed + 1))
  fi
  table+=$(printf '  %-16s %-7s %4d s' "$name" "$result" $((SECONDS - begin)))$'\n'
}

[[ $mode == auto || $mode == required || $mode == skip ]] \
  || { say "CLIENTS wants auto, required or skip, found '$mode'"; exit 2; }
[[ $mode != skip ]] || leave_out "Left out on request."
how='On Debian: apt-get install python3-venv nodejs npm chromium'
require python3 node npm
python3 -c 'import ensurepip, venv' 2>/dev/null || leave_out "Missing: Python's venv. $how"
"$here/install.sh" || leave_out "What they need could not be installed; the lines above say why."
require chromium

table='' failed=0
# shellcheck source=tools/lib/server.sh
source "$home/tools/lib/server.sh"
trap stop_servers EXIT
export LSSGEN_COMMAND=$home/lssgen
if [[ -n ${LSSGEN_CLASSPATH:-} ]]; then
  LSSGEN_COMMAND=$work/lssgen
  write_command >"$LSSGEN_COMMAND"
  chmod +x "$LSSGEN_COMMAND"
fi
app=("$LSSGEN_COMMAND")
serve open
export LSSGEN_URL=$address
tiny_model "$work/tiny"
export LSSGEN_LOCKED_KEY=only-for-these-tests
LSSGEN_API_KEY=$LSSGEN_LOCKED_KEY serve locked -m "$work/tiny" --threads 1
export LSSGEN_LOCKED_URL=$address

clients=("$@")
if ((${#clients[@]} == 0)); then
  for script in "$here"/*/run.sh; do
    name=${script%/run.sh}
    clients+=("${name##*/}")
  done
fi
for name in "${clients[@]}"; do run "$name"; done
printf '%s%d passed, %d failed\n' "$table" $((${#clients[@]} - failed)) "$failed"
if ((failed > 0)); then
  say "the servers' logs:"
  tail -n 30 "$work"/*.log >&2
  exit 1
fi
