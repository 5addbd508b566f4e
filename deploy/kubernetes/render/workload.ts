import type { IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1';
import type { IPodSpec, IPodTemplateSpec, IVolume } from 'kubernetes-models/v1';
import { callsApiServer } from './api-server.ts';
import { containerOf, selfTestOf } from './container.ts';
import { natsCredentialsOf } from './nats-credentials.ts';
import type { Hooked } from './plan.ts';
import { artifactsSource, claimTemplate, sharedClaim } from './storage.ts';
import { metadataOf, PORTS, selectorOf, WITH_ARTIFACTS, WITH_MODELS } from './topology.ts';
import type { ServiceName, ServiceValues, Values } from './values.ts';

/** The user of the images. */
const USER = 10_001;
/** Seconds of a shutdown beside the calls in flight: refusing callers, closing models. */
const STOP_SECONDS = 15;

/** The pod's user and what the kernel lets it do. */
export const UNPRIVILEGED = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

/** A service's pods: a StatefulSet if it keeps state, else a Deployment. */
export function workloadOf(
  service: ServiceName,
  values: Values,
  hooked?: Hooked,
): IDeployment | IStatefulSet {
  const block: ServiceValues = values.services[service];
  const metadata = metadataOf(service, values);
  const selector = { matchLabels: selectorOf(service) };
  const template = templateOf(service, values, hooked);
  // With a scaler, applying the manifests again must not reset the number of replicas.
  const replicas = block.autoscaling.kind === 'none' ? { replicas: block.replicas } : {};
  if (block.volume === undefined) {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } as const;
    const spec = { ...replicas, selector, strategy, template };
    return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
  }
  const isShared = sharedClaim(service, values) !== undefined;
  const own = isShared ? {} : { volumeClaimTemplates: [claimTemplate('state', block.volume)] };
  const spec = { ...replicas, serviceName: metadata.name, selector, template, ...own };
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec };
}

function templateOf(service: ServiceName, values: Values, hooked: Hooked | undefined): IPodTemplateSpec {
  const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(PORTS.metrics) };
  return { metadata: { labels: selectorOf(service), annotations }, spec: podOf(service, values, hooked) };
}

function podOf(service: ServiceName, values: Values, hooked: Hooked | undefined): IPodSpec {
  const { nodeSelector, tolerations, drainSeconds } = values.services[service];
  const initContainers = selfTestOf(service, values);
  const isCaller = callsApiServer(service, values, hooked);
  const { pullSecrets } = values.images;
  return {
    // As the service's own account.
    automountServiceAccountToken: isCaller,
    ...(isCaller ? { serviceAccountName: metadataOf(service, values).name } : {}),
    enableServiceLinks: false,
    securityContext: UNPRIVILEGED,
    terminationGracePeriodSeconds: drainSeconds + STOP_SECONDS,
    nodeSelector,
    tolerations,
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: selectorOf(service) },
      },
    ],
    ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
    ...(initContainers.length === 0 ? {} : { initContainers }),
    containers: [containerOf(service, values, hooked)],
    volumes: volumesOf(service, values),
  };
}

/** Every volume but the state's where that is the StatefulSet's own. */
function volumesOf(service: ServiceName, values: Values): IVolume[] {
  const { tls, storage } = values;
  const models = WITH_MODELS.includes(service) ? storage.models.claim : null;
  const state = sharedClaim(service, values)?.metadata?.name;
  return [
    { name: 'tmp', emptyDir: { sizeLimit: '4Gi' } },
    ...(tls === null ? [] : [{ name: 'tls', secret: { secretName: tls.secret, defaultMode: 0o440 } }]),
    ...(tls !== null && service === 'gateway'
      ? [{ name: 'tokens', secret: { secretName: tls.tokensSecret, defaultMode: 0o440 } }]
      : []),
    ...(service === 'dashboard'
      ? [{ name: 'token', secret: { secretName: values.dashboard.tokenSecret, defaultMode: 0o440 } }]
      : []),
    ...(WITH_ARTIFACTS.includes(service) ? [artifactsSource(values)] : []),
    ...(state === undefined ? [] : [{ name: 'state', persistentVolumeClaim: { claimName: state } }]),
    ...natsCredentialsOf(service, values).volumes,
    ...(models === null
      ? []
      : [{ name: 'models', persistentVolumeClaim: { claimName: models, readOnly: true } }]),
  ];
}
