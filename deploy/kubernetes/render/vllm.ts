import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IService } from 'kubernetes-models/v1';
import type { IObject } from './kubernetes-object.ts';
import { monitoring, podsOf } from './network.ts';
import type { PlannedServer } from './plan.ts';
import type { ServiceName, Values } from './values.ts';
import { podOf } from './vllm-pod.ts';

/** The service that asks the servers of each part of a run. */
export const CALLER = {
  policy: 'generation',
  simulator: 'simulation',
  verifier: 'verification',
} as const satisfies Readonly<Record<PlannedServer['parts'][number], ServiceName>>;

/** A server's objects, by the name that its `dns:///NAME:PORT` says. */
export function vllmObjects(server: PlannedServer, values: Values): readonly [string, readonly IObject[]] {
  const place = placeOf(server, values);
  return [
    place.name,
    [serviceOf(place), deploymentOf(server, place, values), policyOf(server, place, values)],
  ];
}

/** The name of a server's objects. @throws RangeError for servers that are not all addresses of one name of this namespace */
export function nameOf(server: PlannedServer): string {
  return addressOf(server).name;
}

interface Place {
  readonly name: string;
  readonly port: number;
  readonly labels: Record<string, string>;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Record<string, string>;
  };
}

function placeOf(server: PlannedServer, { namespace }: Values): Place {
  const { name, port } = addressOf(server);
  const labels = { 'app.kubernetes.io/part-of': 'sipf', 'app.kubernetes.io/name': name };
  return { name, port, labels, metadata: { name, namespace, labels } };
}

function addressOf({ parts, urls }: PlannedServer): Pick<Place, 'name' | 'port'> {
  const [, name, port] =
    (urls.length === 1 ? /^dns:\/\/\/([a-z0-9-]+):(\d+)$/.exec(urls[0] ?? '') : null) ?? [];
  if (name === undefined || name.startsWith('sipf-'))
    throw new RangeError(
      `engines.${parts.join(', ')}.urls is ${urls.join(', ')}: what is rendered here is found by a name of its own, ` +
        'e.g. dns:///policy-vllm:8000; name it so, or leave --plan out where these servers are elsewhere',
    );
  return { name, port: Number(port) };
}

/** Headless: the name is every pod's address, and the services share out their requests themselves. */
function serviceOf({ port, labels, metadata }: Place): IService {
  const spec = { clusterIP: 'None', selector: labels, ports: [{ name: 'http', port }] };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec };
}

function deploymentOf(server: PlannedServer, place: Place, values: Values): IDeployment {
  // GPUs that are all taken leave none to a pod that comes before another goes. A hook has the first pod started.
  const rollout =
    server.hook === undefined
      ? { replicas: server.replicas, strategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } } }
      : { replicas: 0, strategy: { type: 'Recreate' as const } };
  const template = { metadata: { labels: place.labels }, spec: podOf(server, place.port, values) };
  const spec = { ...rollout, selector: { matchLabels: place.labels }, template };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: place.metadata, spec };
}

/** Admits the services that ask it, and the monitoring; it calls nobody. */
function policyOf(
  { parts }: PlannedServer,
  { port, labels, metadata }: Place,
  values: Values,
): INetworkPolicy {
  const from = [...parts.map((part) => podsOf(CALLER[part])), monitoring(values)];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from, ports: [{ port }] }],
      egress: [],
    },
  };
}
