import type { ServiceName, Values } from './values.ts';

/** Ports of every service's container. */
export const PORTS = { grpc: 9000, metrics: 9090 } as const;

/** Which services call which. Network policies block all other calls, even with a valid certificate. */
export const CALLERS: Readonly<Record<ServiceName, readonly ServiceName[]>> = {
  generation: ['orchestration', 'gateway'],
  simulation: ['orchestration'],
  verification: ['orchestration', 'gateway'],
  execution: ['orchestration', 'simulation'],
  training: ['orchestration'],
  orchestration: ['dashboard'],
  gateway: [],
  dashboard: [],
};

/** Services that external clients call. */
export const PUBLIC: readonly ServiceName[] = ['orchestration', 'gateway', 'dashboard'];
/** Services that speak HTTP, to people and programs without certificates. */
export const ON_HTTP: readonly ServiceName[] = ['gateway', 'dashboard'];
/** Services that follow the events of runs, or publish them. */
export const ON_NATS: readonly ServiceName[] = ['generation', 'simulation', 'verification', 'orchestration'];
/** Services that read or write the artifact store. */
export const WITH_ARTIFACTS: readonly ServiceName[] = [
  'generation',
  'simulation',
  'verification',
  'training',
  'orchestration',
];
/** Services that may load a model folder of their own. */
export const WITH_MODELS: readonly ServiceName[] = ['generation', 'simulation', 'verification'];
/** Services that compute on a GPU where they have one. */
export const COMPUTING: readonly ServiceName[] = [...WITH_MODELS, 'training'];
/** For services with state: where it is mounted, and the flag that names it. */
export const STATE: Partial<Record<ServiceName, { readonly flag: string; readonly path: string }>> = {
  training: { flag: 'state', path: '/state' },
  orchestration: { flag: 'runs', path: '/runs' },
};

/** Name of a service's objects. */
export function objectName(service: ServiceName | 'nats'): string {
  return `sipf-${service}`;
}

/** The service's address, which resolves to every replica. */
export function addressOf(service: ServiceName): string {
  return `dns:///${objectName(service)}:${PORTS.grpc}`;
}

export function natsUrl({ nats }: Values): string {
  return nats.external ?? `nats://${objectName('nats')}:4222`;
}

/** Labels that select a service's pods. */
export function selectorOf(service: ServiceName | 'nats'): Record<string, string> {
  return { 'app.kubernetes.io/part-of': 'sipf', 'app.kubernetes.io/name': objectName(service) };
}

/** Name, namespace and labels of an object. */
export function metadataOf(service: ServiceName | 'nats', { namespace }: Values) {
  return { name: objectName(service), namespace, labels: selectorOf(service) };
}
