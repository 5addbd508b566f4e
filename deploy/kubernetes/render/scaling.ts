import type { IScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { metadataOf, objectName, selectorOf } from './topology.ts';
import type { ServiceName, Values } from './values.ts';

/** How long demand must stay lower before pods are removed: a removed pod takes its loaded model with it. */
const SETTLE_SECONDS = 600;

/** Limits the pods that a drain may take at once. A minimum of pods that stay would block every drain of a single replica. */
export function budgetOf(service: ServiceName, values: Values): IPodDisruptionBudget {
  const { maxUnavailable } = values.services[service];
  const spec = { maxUnavailable, selector: { matchLabels: selectorOf(service) } };
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadataOf(service, values),
    spec,
  };
}

/** Scales replicas by the work that waits, if the values ask for it. */
export function scalerOf(service: ServiceName, values: Values): (IHorizontalPodAutoscaler | IScaledObject)[] {
  switch (values.services[service].autoscaling.kind) {
    case 'none':
      return [];
    case 'hpa':
      return [podAutoscaler(service, values)];
    case 'keda':
      return [scaledObject(service, values)];
  }
}

/** Scales by the pods' `sipf_queue_depth`, from an adapter of the custom metrics API. */
function podAutoscaler(service: ServiceName, values: Values): IHorizontalPodAutoscaler {
  const { min, max, queueDepth } = values.services[service].autoscaling;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metadataOf(service, values),
    spec: {
      scaleTargetRef: targetOf(service),
      minReplicas: min,
      maxReplicas: max,
      metrics: [
        {
          type: 'Pods',
          pods: {
            metric: { name: 'sipf_queue_depth' },
            target: { type: 'AverageValue', averageValue: String(queueDepth) },
          },
        },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: SETTLE_SECONDS } },
    },
  };
}

/**
 * Scales by the same metric from Prometheus. No consumer of NATS would do: each replica follows the events by itself, to prepare,
 * and they are no queue of work.
 */
function scaledObject(service: ServiceName, values: Values): IScaledObject {
  const { min, max, queueDepth } = values.services[service].autoscaling;
  const { prometheus } = values.observability;
  const query = `sum(sipf_queue_depth{namespace="${values.namespace}",pod=~"${objectName(service)}-.*"})`;
  const depth = { serverAddress: prometheus, query, threshold: String(queueDepth) };
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: metadataOf(service, values),
    spec: {
      scaleTargetRef: targetOf(service),
      minReplicaCount: min,
      maxReplicaCount: max,
      cooldownPeriod: SETTLE_SECONDS,
      triggers: [{ type: 'prometheus', metadata: depth }],
    },
  };
}

function targetOf(service: ServiceName) {
  return { apiVersion: 'apps/v1', kind: 'Deployment', name: objectName(service) };
}
