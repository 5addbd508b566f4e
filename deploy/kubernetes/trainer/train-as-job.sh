#!/bin/sh
# A `--trainer-command` that trains as a Kubernetes Job: `train-as-job.sh ORDER [--print]`. Its exit status is the job's. It
# deletes the job on SIGTERM or when its service is gone. With --print it only shows what it would apply.
set -eu

order=$1
folder=$(dirname "$0")
# The order is <state>/jobs/<job>/trainer/order.json.
job=$(basename "$(dirname "$(dirname "$order")")")
name=$(printf 'sipf-train-%.40s' "$job" | sed 's/-*$//')
namespace=${SIPF_TRAINER_NAMESPACE:-sipf}

render() {
  sed \
    -e "s|@NAME@|$name|" \
    -e "s|@NAMESPACE@|$namespace|" \
    -e "s|@IMAGE@|${SIPF_TRAINER_IMAGE:?the image with Python, TRL and /sipf/trl}|" \
    -e "s|@PROCESSES@|${SIPF_TRAINER_PROCESSES:-1}|" \
    -e "s|@GPUS@|${SIPF_TRAINER_GPUS:-${SIPF_TRAINER_PROCESSES:-1}}|" \
    -e "s|@STATE_CLAIM@|${SIPF_TRAINER_STATE_CLAIM:-state-sipf-training-0}|" \
    -e "s|@ARTIFACTS_CLAIM@|${SIPF_TRAINER_ARTIFACTS_CLAIM:-sipf-artifacts}|" \
    -e "s|@ORDER@|$order|" \
    "$folder/job.yaml"
}

if [ "${2:-}" = --print ]; then
  render
  exit 0
fi

stop() {
  trap '' TERM INT
  kubectl --namespace "$namespace" delete job "$name" --ignore-not-found --cascade=foreground --wait
  exit 143
}
trap stop TERM INT

# Standard input closes when the service ends.
exec 3<&0
(cat <&3 >/dev/null && kill -TERM $$) &

# Remove the job of an earlier attempt whose service was killed.
kubectl --namespace "$namespace" delete job "$name" --ignore-not-found --cascade=foreground --wait
render | kubectl apply -f -
while :; do
  ended=$(kubectl --namespace "$namespace" get job "$name" \
    -o 'jsonpath={.status.conditions[?(@.status=="True")].type}')
  case $ended in
    *Complete*) exit 0 ;;
    *Failed*)
      kubectl --namespace "$namespace" logs "job/$name" --tail=200 >&2 || true
      exit 1
      ;;
  esac
  # The shell handles a signal during wait, not while a program runs.
  sleep 5 &
  wait $!
done
