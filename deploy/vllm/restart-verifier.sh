#!/bin/sh
# restart-vllm.sh for a verifier: a server that pools tokens, at VLLM_PORT (8003), in VLLM_DTYPE or else the folder's own dtype.
set -eu
export VLLM_PORT="${VLLM_PORT:-8003}"
# By itself vLLM serves a pooling model of float32 in float16 on a GPU.
own=$(grep -Eo '"(torch_)?dtype": *"[a-z0-9]+"' "$1/config.json" 2>/dev/null | head -n 1 | cut -d '"' -f 4) || true
exec "$(dirname "$0")/restart-vllm.sh" "$1" "$2" --runner pooling --dtype "${VLLM_DTYPE:-${own:-auto}}"
