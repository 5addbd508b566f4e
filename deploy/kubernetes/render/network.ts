import type { INetworkPolicy, INetworkPolicyPeer } from 'kubernetes-models/networking.k8s.io/v1';
import type { IService } from 'kubernetes-models/v1';
import { callsApiServer } from './api-server.ts';
import type { Hooked } from './plan.ts';
import {
  CALLERS,
  metadataOf,
  ON_HTTP,
  ON_NATS,
  PORTS,
  PUBLIC,
  selectorOf,
  WITH_ARTIFACTS,
} from './topology.ts';
import type { ServiceName, Values } from './values.ts';

const DNS = {
  ports: [
    { port: 53, protocol: 'UDP' },
    { port: 53, protocol: 'TCP' },
  ],
};

/** Where the API server is found differs from cluster to cluster. */
const API_SERVER = { ports: [{ port: 443 }, { port: 6443 }] };

/** Headless: the name resolves to every pod, and clients balance over them. */
export function headlessService(service: ServiceName | 'nats', values: Values): IService {
  const ports =
    service === 'nats'
      ? [{ name: 'client', port: 4222 }]
      : [{ name: ON_HTTP.includes(service) ? 'https' : 'grpc', port: PORTS.grpc }];
  const spec = { clusterIP: 'None', selector: selectorOf(service), ports };
  return { apiVersion: 'v1', kind: 'Service', metadata: metadataOf(service, values), spec };
}

/** Admits the callers that the topology names, and Prometheus; allows out what the service needs. */
export function policyOf(service: ServiceName, values: Values, hooked?: Hooked): INetworkPolicy {
  const callers = CALLERS[service].map(podsOf);
  const clients = PUBLIC.includes(service) ? (values.network.clients as INetworkPolicyPeer[]) : [];
  const from = [...callers, ...clients];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf(service, values),
    spec: {
      podSelector: { matchLabels: selectorOf(service) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        // A rule without peers would admit everybody.
        ...(from.length === 0 ? [] : [{ from, ports: [{ port: PORTS.grpc }] }]),
        { from: [monitoring(values)], ports: [{ port: PORTS.metrics }] },
      ],
      egress: [
        ...egressOf(service, values),
        ...(callsApiServer(service, values, hooked) ? [API_SERVER] : []),
      ],
    },
  };
}

/** NATS admits the services that use it; its monitoring port is for the cluster's monitoring. */
export function natsPolicy(values: Values): INetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf('nats', values),
    spec: {
      podSelector: { matchLabels: selectorOf('nats') },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: ON_NATS.map(podsOf), ports: [{ port: 4222 }] },
        { from: [monitoring(values)], ports: [{ port: 8222 }] },
      ],
      egress: [],
    },
  };
}

/** The pods of a service. */
export function podsOf(service: ServiceName): INetworkPolicyPeer {
  return { podSelector: { matchLabels: selectorOf(service) } };
}

/** The namespace of the cluster's monitoring. */
export function monitoring({ network }: Values): INetworkPolicyPeer {
  const name = network.monitoringNamespace;
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } };
}

/** The execution service runs untrusted programs, so it opens no connection at all. */
function egressOf(service: ServiceName, values: Values) {
  if (service === 'execution') return values.observability.otlpEndpoint === null ? [] : [DNS, traces(values)];
  const own = { to: [{ podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'sipf' } } }] };
  // An external NATS may be anywhere.
  const nats =
    values.nats.external !== null && ON_NATS.includes(service) ? [{ ports: natsPorts(values) }] : [];
  const store = WITH_ARTIFACTS.includes(service) ? storePorts(values) : [];
  return [
    DNS,
    own,
    ...nats,
    ...store,
    ...(values.observability.otlpEndpoint === null ? [] : [traces(values)]),
  ];
}

/** An object store may be anywhere; its location names the port. */
function storePorts({ storage }: Values): { ports: { port: number }[] }[] {
  const { server } = storage.artifacts;
  if (server === null) return [];
  const { searchParams, port, protocol } = new URL(server);
  if (protocol === 'nats:' || protocol === 'tls:') return [{ ports: [{ port: Number(port || '4222') }] }];
  const endpoint = new URL(searchParams.get('endpoint') ?? 'https://s3');
  const usual = endpoint.protocol === 'https:' ? 443 : 80;
  return [{ ports: [{ port: endpoint.port === '' ? usual : Number(endpoint.port) }] }];
}

function natsPorts({ nats }: Values): { port: number }[] {
  const urls = (nats.external ?? '').split(',').map((url) => new URL(url));
  return [...new Set(urls.map(({ port }) => Number(port || '4222')))].map((port) => ({ port }));
}

function traces(values: Values) {
  const { port, protocol } = new URL(values.observability.otlpEndpoint ?? '');
  const usual = protocol === 'https:' ? 443 : 80;
  return { to: [monitoring(values)], ports: [{ port: port === '' ? usual : Number(port) }] };
}
