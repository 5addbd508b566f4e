import type { IStatefulSet } from 'kubernetes-models/apps/v1';
import { imageOf, RESTRICTED } from './container.ts';
import type { IObject } from './kubernetes-object.ts';
import { headlessService, natsPolicy } from './network.ts';
import { claimTemplate } from './storage.ts';
import { metadataOf, selectorOf } from './topology.ts';
import type { Values } from './values.ts';
import { UNPRIVILEGED } from './workload.ts';

/** One NATS server with JetStream. Events are hints and the run logs the truth, so one is enough: losing it loses no work. */
export function natsObjects(values: Values): IObject[] {
  if (values.nats.external !== null) return [];
  return [headlessService('nats', values), natsServer(values), natsPolicy(values)];
}

function natsServer(values: Values): IStatefulSet {
  const metadata = metadataOf('nats', values);
  const look = { httpGet: { path: '/healthz', port: 'monitor' }, periodSeconds: 10 };
  const labels = selectorOf('nats');
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata,
    spec: {
      serviceName: metadata.name,
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: UNPRIVILEGED,
          containers: [
            {
              name: 'nats',
              image: imageOf(values.images.nats),
              args: ['--jetstream', '--store_dir=/data', '--http_port=8222'],
              ports: [
                { name: 'client', containerPort: 4222 },
                { name: 'monitor', containerPort: 8222 },
              ],
              startupProbe: { ...look, failureThreshold: 30 },
              readinessProbe: { ...look, failureThreshold: 2 },
              livenessProbe: { ...look, failureThreshold: 6 },
              resources: values.nats.resources,
              securityContext: RESTRICTED,
              volumeMounts: [{ name: 'data', mountPath: '/data' }],
            },
          ],
        },
      },
      volumeClaimTemplates: [claimTemplate('data', values.nats)],
    },
  };
}
