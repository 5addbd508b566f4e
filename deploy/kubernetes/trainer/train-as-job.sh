#!/bin/sh
# A `--trainer-command` that trains as a Kubernetes Job: `train-as-job.sh ORDER [--print]`. Its exit status is the job's. It
# deletes the job on SIGTERM or when its service is gone. With --print it only shows what it would apply.
set -eu

order=$1
folder=$(dirname "$0")
# The order is <state>/jobs/<job>/trainer/order.json.
job=$(basename "$(dirname "$(dirname "$order")")")
# Kubernetes' names are shorter and end in no hyphen: what is cut is told apart by a digest, or one training would delete
# another's job.
name=sipf-train-$job
if [ ${#job} -gt 40 ] || [ "${job%-}" != "$job" ]; then
  name=$(printf 'sipf-train-%.31s' "$job")-$(printf %s "$job" | sha256sum | cut -c1-8)
fi
namespace=${SIPF_TRAINER_NAMESPACE:-sipf}
nodes=${SIPF_TRAINER_NODES:-1}
processes=${SIPF_TRAINER_PROCESSES:-1}
[ $((processes % nodes)) -eq 0 ] || {
  echo "SIPF_TRAINER_NODES: $processes processes cannot be shared by $nodes machines equally" >&2
  exit 64
}
each=$((processes / nodes))

# A pod of its own meets itself; several meet at the first one, by the name that the Service of nodes.yaml gives it.
case $nodes in
  1)
    rendezvous=localhost:0
    kinds=job
    ;;
  *)
    rendezvous=$name-0.$name:29500
    kinds=job,service,networkpolicy
    ;;
esac

render() {
  [ "$nodes" = 1 ] || fill "$folder/nodes.yaml"
  fill "$folder/job.yaml"
}

fill() {
  sed \
    -e "s|@NAME@|$name|g" \
    -e "s|@NAMESPACE@|$namespace|" \
    -e "s|@IMAGE@|${SIPF_TRAINER_IMAGE:?the image with Python, TRL and /sipf/trl}|" \
    -e "s|'@NODES@'|$nodes|" \
    -e "s|@NODES@|$nodes|" \
    -e "s|@RENDEZVOUS@|$rendezvous|" \
    -e "s|@PROCESSES@|$each|" \
    -e "s|@GPUS@|${SIPF_TRAINER_GPUS:-$each}|" \
    -e "s|@MEMORY_REQUEST@|${SIPF_TRAINER_MEMORY:-16Gi}|" \
    -e "s|@MEMORY@|${SIPF_TRAINER_MEMORY:-64Gi}|" \
    -e "s|@STATE_CLAIM@|${SIPF_TRAINER_STATE_CLAIM:-state-sipf-training-0}|" \
    -e "s|@ARTIFACTS_CLAIM@|${SIPF_TRAINER_ARTIFACTS_CLAIM:-sipf-artifacts}|" \
    -e "s|@MEET_SECONDS@|${SIPF_TRAINER_MEET_SECONDS:-600}|" \
    -e "s|@ORDER@|$order|" \
    "$1"
}

if [ "${2:-}" = --print ]; then
  render
  exit 0
fi

remove() {
  kubectl --namespace "$namespace" delete "$kinds" "$name" --ignore-not-found --cascade=foreground --wait
}

# The job stays for a while, for its logs; by what its pods met is of no more use.
unlink() {
  [ "$nodes" = 1 ] || kubectl --namespace "$namespace" delete service,networkpolicy "$name" --ignore-not-found
}

stop() {
  trap '' TERM INT
  remove
  exit 143
}
trap stop TERM INT

# Standard input closes when the service ends.
exec 3<&0
(cat <&3 >/dev/null && kill -TERM $$) &

# Remove what an earlier attempt has left whose service was killed.
remove
render | kubectl apply -f -
while :; do
  ended=$(kubectl --namespace "$namespace" get job "$name" \
    -o 'jsonpath={.status.conditions[?(@.status=="True")].type}')
  case $ended in
    *Complete*)
      unlink
      exit 0
      ;;
    *Failed*)
      kubectl --namespace "$namespace" logs "job/$name" --tail=200 >&2 || true
      unlink
      exit 1
      ;;
  esac
  # The shell handles a signal during wait, not while a program runs.
  sleep 5 &
  wait $!
done
