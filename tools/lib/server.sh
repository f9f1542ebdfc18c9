# Servers for scripts, each with a data folder of its own below $work, ended with the script. To be sourced, with home set
# to the clone's folder and app to the command line of lssgen.

servers=()
work=$(mktemp -d)

# Starts a server and waits until it is ready: its name, then its options. Sets address and pid.
serve() {
  local name=$1 log=$work/$1.log i
  shift
  "${app[@]}" serve --port 0 --drain 1 --data "$work/$name" "$@" >"$log" 2>&1 &
  pid=$!
  servers+=("$pid")
  for ((i = 0; i < 1200; i++)); do
    if grep -q 'ready with the model' "$log"; then
      address=$(sed -n 's/^lssgen: listening on //p' "$log")
      return
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.25
  done
  printf "the server '%s' did not become ready; it said:\n" "$name" >&2
  cat "$log" >&2
  exit 1
}

# To be called when the script ends, however it does. A server that does not end is killed, and makes the script fail.
stop_servers() {
  local status=$? pid i
  ((${#servers[@]} == 0)) || kill "${servers[@]}" 2>/dev/null || true
  for pid in "${servers[@]}"; do
    for ((i = 0; i < 480; i++)); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.25
    done
    if kill -KILL "$pid" 2>/dev/null; then
      printf 'the server with the process %d did not end within two minutes; it said:\n' "$pid" >&2
      tail -n 30 "$work"/*.log >&2
      status=1
    fi
  done
  wait
  rm -rf "$work"
  exit "$status"
}

# The model of the server's tests, which makes noise of 64 pixels in no time: into a new folder.
tiny_model() {
  local golden=$home/core/src/test/resources/golden
  cp -r "$golden/flux-tiny" "$1"
  cp -r "$golden/upsampler-tiny" "$1/upsampler"
  cp "$home/server/src/test/resources/tiny-flux/lssgen.json" "$1"
}
