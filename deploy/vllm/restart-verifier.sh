#!/bin/sh
# restart-vllm.sh for a verifier: a server that pools tokens, at VLLM_PORT (8003).
export VLLM_PORT="${VLLM_PORT:-8003}"
exec "$(dirname "$0")/restart-vllm.sh" "$1" "$2" --runner pooling
