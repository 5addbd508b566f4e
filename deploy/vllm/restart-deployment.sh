#!/bin/sh
# Has a Deployment of vLLM serve another model, and returns when it is rolled out: a program for --backend-hook.
#   restart-deployment.sh FOLDER DIGEST
# Settings: VLLM_DEPLOYMENT (verifier-vllm) and VLLM_REPLICAS (1: its pods, none before the first call), whose container has `--model $(MODEL_FOLDER) --served-model-name $(MODEL_DIGEST)`
# among its arguments and sees the artifact store at the service's path; KUBECTL (kubectl).
set -eu
kubectl=${KUBECTL:-kubectl} deployment=deployment/${VLLM_DEPLOYMENT:-verifier-vllm}
# The same values again change nothing.
"$kubectl" set env "$deployment" MODEL_FOLDER="$1" MODEL_DIGEST="$2" >&2
"$kubectl" scale "$deployment" --replicas="${VLLM_REPLICAS:-1}" >&2
exec "$kubectl" rollout status "$deployment" --timeout=19m >&2
