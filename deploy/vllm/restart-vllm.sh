#!/bin/sh
# Has the vLLM of this machine serve another model, and returns when it does: a program for --backend-hook.
#   restart-vllm.sh FOLDER DIGEST [flag of vLLM ...]
# Settings: VLLM_PORT (8000), VLLM_PYTHON (python3), VLLM_STATE (a folder for its log, process and lock), VLLM_KEEP (30: seconds
# that a server is left to who had it started, where another model is asked for), VLLM_FLAGS (more flags of vLLM, by spaces: as
# `sipf run --dry-run` prints them). Needs curl, flock, setsid.
set -eu
folder=$1 digest=$2
shift 2
port=${VLLM_PORT:-8000}
state=${VLLM_STATE:-${TMPDIR:-/tmp}/sipf-vllm-$port}

mkdir -p "$state"
# One call at a time, of several services too.
exec 9>"$state/lock"
flock 9

# When a process that has not ended began: another one may have its number by now.
began() {
  sed -n 's/.*) \([^Z] \)/\1/p' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

is_alive() {
  [ -s "$state/server" ] || return 1
  read -r pid since served <"$state/server"
  [ "$(began "$pid")" = "$since" ]
}

# Its engine is another process of its group.
stop() {
  kill -s TERM -- "-$pid" 2>/dev/null || true
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    is_alive || break
    sleep 1
  done
  kill -s KILL -- "-$pid" 2>/dev/null || true
}

start() {
  # The resolver of sipf_vllm loads adapters of this base alone. VLLM_FLAGS are several words.
  # shellcheck disable=SC2086
  SIPF_BASE_DIGEST=$digest setsid "${VLLM_PYTHON:-python3}" -m vllm.entrypoints.openai.api_server --port "$port" \
    --model "$folder" --served-model-name "$digest" "$@" ${VLLM_FLAGS-} </dev/null >"$state/log" 2>&1 9>&- &
  pid=$!
  echo "$pid $(began "$pid") $digest" >"$state/server"
}

if ! is_alive || [ "$served" != "$digest" ]; then
  if is_alive; then
    # Services that share a server would else take it from each other before either gets an answer.
    left=$((${VLLM_KEEP:-30} - $(date +%s) + $(stat -c %Y "$state/ready" 2>/dev/null || echo 0)))
    if [ "$left" -gt 0 ]; then sleep "$left"; fi
    stop
  fi
  start "$@"
  is_new=1
fi
until curl -fsS -m 5 "http://127.0.0.1:$port/v1/models" 2>/dev/null | grep -qF "\"$digest\""; do
  if ! is_alive; then
    tail -n 1 "$state/log" >&2
    exit 1
  fi
  sleep 1
done
if [ -n "${is_new-}" ]; then : >"$state/ready"; fi
