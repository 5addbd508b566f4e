import type { IContainer, IEnvVar, IProbe, IVolumeMount } from 'kubernetes-models/v1';
import { argumentsOf } from './arguments.ts';
import { natsCredentialsOf } from './nats-credentials.ts';
import type { Hooked } from './plan.ts';
import { PORTS, STATE, WITH_ARTIFACTS, WITH_MODELS } from './topology.ts';
import type { ImageValues, ServiceName, Values } from './values.ts';

/** Seconds between two probes of a pod. */
const PERIOD_SECONDS = 10;

/** No telemetry (SECURITY.md). Our images set this too; an image of your own may not. */
const QUIET = { ORT_DISABLE_TELEMETRY: '1' };

/** Takes privileges from every container. */
export const RESTRICTED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** An image by its digest, or by its name if it has none. */
export function imageOf({ name, digest }: ImageValues): string {
  return digest === undefined ? name : `${name}@${digest}`;
}

/** The container of a service. */
export function containerOf(service: ServiceName, values: Values, hooked?: Hooked): IContainer {
  const { gpus, resources } = values.services[service];
  const gpuLimit = gpus > 0 ? { 'nvidia.com/gpu': gpus } : {};
  return {
    name: service,
    image: imageOf(serviceImage(service, values)),
    args: argumentsOf(service, values),
    env: [
      ...environmentOf(service, values),
      ...natsCredentialsOf(service, values).env,
      ...hookVariables(hooked),
    ],
    ...credentialsOf(service, values),
    ports: [
      { name: 'grpc', containerPort: PORTS.grpc },
      { name: 'metrics', containerPort: PORTS.metrics },
    ],
    ...probesOf(service, values),
    resources: { requests: resources.requests, limits: { ...resources.limits, ...gpuLimit } },
    securityContext: RESTRICTED,
    volumeMounts: mountsOf(service, values),
  };
}

/** Checks the device before the service starts: a pod whose CUDA does not load fails instead of computing on the CPU. */
export function selfTestOf(service: ServiceName, values: Values): IContainer[] {
  const { gpus, resources } = values.services[service];
  if (gpus === 0) return [];
  return [
    {
      name: 'providers',
      image: imageOf(serviceImage(service, values)),
      args: ['doctor', '--runs', '/tmp', '--provider', 'cuda'],
      env: variables(QUIET),
      resources: { requests: resources.requests, limits: { ...resources.limits, 'nvidia.com/gpu': gpus } },
      securityContext: RESTRICTED,
      volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
    },
  ];
}

function serviceImage(service: ServiceName, { images, services }: Values): ImageValues {
  return services[service].gpus > 0 ? images.cuda : images.cpu;
}

function environmentOf(service: ServiceName, { observability }: Values): IEnvVar[] {
  const { otlpEndpoint, tracesShare } = observability;
  const traces = {
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint ?? '',
    OTEL_TRACES_SAMPLER_ARG: String(tracesShare),
  };
  // Otherwise glibc keeps the memory that a closed model frees (libs/inference).
  const memory = { MALLOC_MMAP_THRESHOLD_: '65536' };
  return variables({
    ...QUIET,
    ...(WITH_MODELS.includes(service) ? memory : {}),
    ...(otlpEndpoint === null ? {} : traces),
  });
}

/** Settings of `deploy/vllm/restart-deployment.sh`. */
function hookVariables(hooked: Hooked | undefined): IEnvVar[] {
  if (hooked === undefined) return [];
  return variables({ VLLM_DEPLOYMENT: hooked.deployment, VLLM_REPLICAS: String(hooked.replicas) });
}

/** Variables of a container. */
export function variables(all: Readonly<Record<string, string>>): IEnvVar[] {
  return Object.entries(all).map(([name, value]) => ({ name, value }));
}

function credentialsOf(service: ServiceName, { storage }: Values): Pick<IContainer, 'envFrom'> {
  const { credentials } = storage.artifacts;
  if (credentials === null || !WITH_ARTIFACTS.includes(service)) return {};
  return { envFrom: [{ secretRef: { name: credentials } }] };
}

/**
 * `/healthz`, on the metrics port, reports the status of the gRPC health service and needs no certificate. The other probes start
 * after the start-up probe has succeeded, because a model may load slowly.
 */
function probesOf(
  service: ServiceName,
  { services }: Values,
): { readonly startupProbe: IProbe; readonly readinessProbe: IProbe; readonly livenessProbe: IProbe } {
  const httpGet = { path: '/healthz', port: 'metrics' };
  const look = { httpGet, periodSeconds: PERIOD_SECONDS, timeoutSeconds: 5 };
  const failureThreshold = Math.ceil(services[service].startupSeconds / PERIOD_SECONDS);
  return {
    startupProbe: { ...look, failureThreshold },
    readinessProbe: { ...look, failureThreshold: 2 },
    livenessProbe: { ...look, failureThreshold: 6 },
  };
}

function mountsOf(service: ServiceName, values: Values): IVolumeMount[] {
  const { tls, storage } = values;
  const state = STATE[service];
  const models = WITH_MODELS.includes(service) && storage.models.claim !== null;
  return [
    { name: 'tmp', mountPath: '/tmp' },
    ...(tls === null ? [] : [{ name: 'tls', mountPath: '/tls', readOnly: true }]),
    ...(tls !== null && service === 'gateway'
      ? [{ name: 'tokens', mountPath: '/tokens', readOnly: true }]
      : []),
    ...(service === 'dashboard' ? [{ name: 'token', mountPath: '/token', readOnly: true }] : []),
    ...(WITH_ARTIFACTS.includes(service) ? [artifactsMount(storage)] : []),
    ...natsCredentialsOf(service, values).mounts,
    ...(models ? [{ name: 'models', mountPath: '/models', readOnly: true }] : []),
    ...(state === undefined ? [] : [{ name: 'state', mountPath: state.path }]),
  ];
}

/** The shared store itself, or the pod's own cache of an artifact server. */
function artifactsMount({ artifacts }: Values['storage']): IVolumeMount {
  return artifacts.server === null
    ? { name: 'artifacts', mountPath: '/artifacts' }
    : { name: 'cache', mountPath: '/cache' };
}
