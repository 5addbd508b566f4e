import type { IScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { metadataOf, objectName, selectorOf } from './topology.ts';
import type { ServiceName, Values } from './values.ts';

/** Time for which a lower demand must hold before pods go: a pod that goes takes its model out of memory. */
const SETTLE_SECONDS = 600;

/** How many pods a drain of nodes may take at once; not how many must stay, which a single replica would never let it do. */
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

/** What adds and removes replicas by the work that waits, where the values ask for it. */
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

/** By `sipf_queue_depth` of the pods, as an adapter of the custom metrics API gives it. */
function podAutoscaler(service: ServiceName, values: Values): IHorizontalPodAutoscaler {
  const { min, max, queueDepth } = values.services[service].autoscaling;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metadataOf(service, values),
    spec: {
      scaleTargetRef: targetOf(service),
      minReplicas: Math.max(1, min),
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

/** By the same number from Prometheus, and by the lag of a JetStream consumer where one is named. */
function scaledObject(service: ServiceName, values: Values): IScaledObject {
  const { min, max, queueDepth, jetstream } = values.services[service].autoscaling;
  const { prometheus } = values.observability;
  const query = `sum(sipf_queue_depth{namespace="${values.namespace}",pod=~"${objectName(service)}-.*"})`;
  const depth = { serverAddress: prometheus, query, threshold: String(queueDepth) };
  const monitoring = `${objectName('nats')}.${values.namespace}.svc:8222`;
  const lag =
    jetstream === undefined
      ? []
      : [
          {
            type: 'nats-jetstream',
            metadata: {
              natsServerMonitoringEndpoint: monitoring,
              account: '$G',
              stream: 'SIPF',
              consumer: jetstream.consumer,
              lagThreshold: String(jetstream.lag),
            },
          },
        ];
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: metadataOf(service, values),
    spec: {
      scaleTargetRef: targetOf(service),
      minReplicaCount: min,
      maxReplicaCount: max,
      cooldownPeriod: SETTLE_SECONDS,
      triggers: [{ type: 'prometheus', metadata: depth }, ...lag],
    },
  };
}

function targetOf(service: ServiceName) {
  return { apiVersion: 'apps/v1', kind: 'Deployment', name: objectName(service) };
}
