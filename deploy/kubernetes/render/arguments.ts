import {
  addressOf,
  CALLERS,
  COMPUTING,
  natsUrl,
  ON_HTTP,
  ON_NATS,
  PORTS,
  STATE,
  WITH_ARTIFACTS,
} from './topology.ts';
import { SERVICES, type ServiceName, type Values } from './values.ts';

const TLS_FOLDER = '/tls';
const CERTIFICATE = {
  ca: `${TLS_FOLDER}/ca.crt`,
  cert: `${TLS_FOLDER}/tls.crt`,
  key: `${TLS_FOLDER}/tls.key`,
};

/**
 * The container's arguments: `serve` and the service's own flags. A setting that the service does not know ends it at once, with
 * the list of those it knows.
 */
export function argumentsOf(service: ServiceName, values: Values): string[] {
  const flags = {
    address: `0.0.0.0:${PORTS.grpc}`,
    'metrics-address': `0.0.0.0:${PORTS.metrics}`,
    'drain-ms': values.services[service].drainSeconds * 1000,
    ...serverTls(service, values),
    ...(service === 'dashboard' ? pageFlags(values) : {}),
    ...(WITH_ARTIFACTS.includes(service) ? artifactFlags(values) : {}),
    ...stateFlag(service),
    ...peerFlags(service, values),
    ...(ON_NATS.includes(service) ? natsFlags(values) : {}),
    ...deviceFlag(service, values),
    ...values.services[service].settings,
  };
  return ['serve', service, ...Object.entries(flags).map(([name, value]) => `--${name}=${String(value)}`)];
}

function natsFlags(values: Values): Record<string, string | number> {
  const { replicas, streamMib } = values.nats;
  return { 'nats-url': natsUrl(values), 'nats-replicas': replicas, 'nats-stream-mib': streamMib };
}

/** A pod that has GPUs computes on the first of them, where no engine of others has them. */
function deviceFlag(service: ServiceName, { services }: Values): Record<string, string> {
  const { gpus, settings } = services[service];
  const isOther = (settings['backend'] ?? settings['trainer'] ?? 'engine') !== 'engine';
  return gpus > 0 && COMPUTING.includes(service) && !isOther ? { device: 'cuda' } : {};
}

function serverTls(service: ServiceName, { tls }: Values): Record<string, string | boolean> {
  if (tls === null) return { 'allow-insecure': true };
  return {
    'tls-cert-file': CERTIFICATE.cert,
    'tls-key-file': CERTIFICATE.key,
    'tls-ca-file': CERTIFICATE.ca,
    ...(ON_HTTP.includes(service) ? {} : { 'tls-require-client-cert': true }),
    ...(service === 'gateway' ? { 'tokens-file': '/tokens/tokens' } : {}),
  };
}

/** The dashboard's login token, and its public address behind a proxy that terminates TLS. */
function pageFlags({ dashboard }: Values): Record<string, string> {
  const { publicOrigin } = dashboard;
  return {
    'token-file': '/token/token',
    ...(publicOrigin === null ? {} : { 'public-origin': publicOrigin }),
  };
}

function artifactFlags({ storage }: Values): Record<string, string> {
  const { server } = storage.artifacts;
  return server === null ? { artifacts: '/artifacts' } : { artifacts: server, 'artifact-cache': '/cache' };
}

function stateFlag(service: ServiceName): Record<string, string> {
  const state = STATE[service];
  return state === undefined ? {} : { [state.flag]: state.path };
}

/** The addresses of the services that this one calls, and how. */
function peerFlags(service: ServiceName, { tls }: Values): Record<string, string | boolean> {
  const peers = SERVICES.filter((peer) => CALLERS[peer].includes(service));
  const addresses = Object.fromEntries(peers.map((peer) => [peer, addressOf(peer)]));
  if (tls === null || peers.length === 0) return addresses;
  const prefixes = service === 'orchestration' ? ['services'] : peers;
  const flags = prefixes.flatMap((prefix) => [
    [`${prefix}-tls`, true],
    [`${prefix}-ca-file`, CERTIFICATE.ca],
    [`${prefix}-cert-file`, CERTIFICATE.cert],
    [`${prefix}-key-file`, CERTIFICATE.key],
  ]);
  return { ...addresses, ...(Object.fromEntries(flags) as Record<string, string | boolean>) };
}
