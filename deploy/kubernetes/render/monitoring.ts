import type { IPodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import type { Values } from './values.ts';

/** Has the Prometheus operator scrape every service, if the cluster runs one. */
export function monitorOf({ namespace, observability }: Values): IPodMonitor[] {
  if (!observability.podMonitor) return [];
  const labels = { 'app.kubernetes.io/part-of': 'sipf' };
  return [
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: { name: 'sipf', namespace, labels },
      spec: {
        selector: { matchLabels: labels },
        podMetricsEndpoints: [{ port: 'metrics', interval: '15s' }],
      },
    },
  ];
}
