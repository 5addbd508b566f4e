import type { IObject } from './kubernetes-object.ts';
import { monitorOf } from './monitoring.ts';
import { natsObjects } from './nats.ts';
import { headlessService, policyOf } from './network.ts';
import type { PlannedServer } from './plan.ts';
import { hookedBy, rightsOf } from './rights.ts';
import { budgetOf, scalerOf } from './scaling.ts';
import { artifactsVolume, sharedClaim } from './storage.ts';
import { SERVICES, type ServiceName, type Values } from './values.ts';
import { nameOf, vllmObjects } from './vllm.ts';
import { workloadOf } from './workload.ts';

/**
 * The objects of a cluster, by file name.
 * @param servers of vLLM, as a run's plan has them
 * @throws RangeError for servers that cannot be started so in this cluster
 */
export function renderCluster(
  values: Values,
  servers: readonly PlannedServer[] = [],
): ReadonlyMap<string, readonly IObject[]> {
  const files: (readonly [string, readonly IObject[]])[] = [
    ['namespace', [namespaceOf(values)]],
    ['storage', artifactsVolume(values)],
    ['nats', natsObjects(values)],
    ...SERVICES.map((service) => [service, objectsOf(service, values, servers)] as const),
    ...serverFiles(servers, values),
    ['monitoring', monitorOf(values)],
  ];
  return new Map(files.filter(([, objects]) => objects.length > 0));
}

function objectsOf(service: ServiceName, values: Values, servers: readonly PlannedServer[]): IObject[] {
  const hooked = hookedBy(service, servers);
  if (values.services[service].replicas === 0 && values.services[service].autoscaling.kind === 'none')
    return [];
  return [
    headlessService(service, values),
    ...sharedVolume(service, values),
    ...rightsOf(service, values, hooked),
    workloadOf(service, values, hooked),
    policyOf(service, values, hooked),
    budgetOf(service, values),
    ...scalerOf(service, values),
  ];
}

function sharedVolume(service: ServiceName, values: Values): IObject[] {
  const claim = sharedClaim(service, values);
  return claim === undefined ? [] : [claim];
}

/** @throws RangeError where two of them would have one name */
function serverFiles(
  servers: readonly PlannedServer[],
  values: Values,
): (readonly [string, readonly IObject[]])[] {
  const names = servers.map(nameOf);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new RangeError(
      `${twice} is the name of two servers that differ: give each part of the run a name of its own in its urls`,
    );
  return servers.map((server) => vllmObjects(server, values));
}

/** The namespace admits only pods that meet the strictest standard. */
function namespaceOf({ namespace: name }: Values): IObject {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** Names of the images without a digest. */
export function unpinned(
  { images, services, nats }: Values,
  servers: readonly PlannedServer[] = [],
): string[] {
  const used = [
    ...(Object.values(services).some(({ gpus }) => gpus > 0) ? [images.cuda] : []),
    ...(Object.values(services).some(({ gpus }) => gpus === 0) ? [images.cpu] : []),
    ...(nats.external === null ? [images.nats] : []),
    ...(servers.length > 0 ? [images.vllm] : []),
  ];
  return used.filter(({ digest }) => digest === undefined).map(({ name }) => name);
}
