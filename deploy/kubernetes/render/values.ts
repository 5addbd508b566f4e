import { NATS_VARIABLES } from '@sipf/artifacts/nats-variables';
import { z } from 'zod';

/** The services of a cluster, in the order in which they are rendered. */
export const SERVICES = [
  'generation',
  'simulation',
  'verification',
  'execution',
  'training',
  'orchestration',
  'gateway',
  'dashboard',
] as const;
export type ServiceName = (typeof SERVICES)[number];

const count = z.int().min(0);
const quantity = z.string().regex(/^\d+(\.\d+)?(m|Ki|Mi|Gi|Ti)?$/, 'must be a quantity, e.g. 500m or 4Gi');
const labels = z.record(z.string(), z.string());
const storageClass = z.string().min(1).nullable();
const anyObject = z.record(z.string(), z.unknown());

const image = z.strictObject({
  name: z.string().min(1),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits')
    .optional(),
});

const resources = z.strictObject({
  requests: z.record(z.string(), quantity),
  limits: z.record(z.string(), quantity),
});

const autoscaling = z
  .strictObject({
    /** `hpa` reads the metric from the custom metrics API, `keda` from Prometheus. */
    kind: z.enum(['none', 'hpa', 'keda']),
    min: z.int().min(1, 'must be 1 or more: no pod that is not there says that work waits for it'),
    max: z.int().min(1),
    /** Average of waiting items per replica above which another replica is added. */
    queueDepth: z.int().min(1),
  })
  .refine(({ min, max }) => min <= max, { path: ['min'], message: 'must not be over max' });

const service = z.strictObject({
  replicas: count,
  gpus: count,
  settings: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), z.union([z.string(), z.number(), z.boolean()])),
  resources,
  nodeSelector: labels,
  tolerations: z.array(anyObject),
  /** How long a pod may take to load its model before it must answer. */
  startupSeconds: z.int().min(10),
  /** How long calls in flight may continue when a pod stops. */
  drainSeconds: count,
  /** Pods that a drain of nodes may remove at once. */
  maxUnavailable: z.int().min(1),
  autoscaling,
});

/** Keeps login sessions in memory, so it cannot be replicated. */
const single = service.refine(
  ({ replicas, autoscaling: { kind } }) => replicas <= 1 && kind === 'none',
  'runs once and does not scale: its sessions are in its memory',
);

const volume = z.strictObject({ storageClass, size: quantity });

const stateful = service
  .extend({ volume })
  .refine(
    ({ replicas, autoscaling: { kind } }) => replicas <= 1 && kind === 'none',
    'runs once and does not scale: its state has one writer',
  );

/** Of whose replicas each drives runs of its own, all of them in one volume. */
const sharing = service
  .extend({ volume: volume.extend({ accessMode: z.enum(['ReadWriteOnce', 'ReadWriteMany']) }) })
  .refine(({ autoscaling: { kind } }) => kind === 'none', {
    path: ['autoscaling'],
    message: 'must be none: no queue says how many of it are needed',
  })
  .refine(({ replicas, volume: { accessMode } }) => replicas <= 1 || accessMode === 'ReadWriteMany', {
    path: ['replicas'],
    message:
      'must be 1 with a volume of ReadWriteOnce: several share their runs on one volume of ReadWriteMany (volume.accessMode)',
  });

/** A cluster's values; unknown keys are errors. */
const valuesSchema = z.strictObject({
  namespace: z.string().regex(/^[a-z0-9-]+$/),
  images: z.strictObject({
    cpu: image,
    cuda: image,
    nats: image,
    vllm: image,
    pullSecrets: z.array(z.string()),
  }),
  dashboard: z.strictObject({ tokenSecret: z.string().min(1), publicOrigin: z.url().nullable() }),
  tls: z.strictObject({ secret: z.string().min(1), tokensSecret: z.string().min(1) }).nullable(),
  storage: z.strictObject({
    artifacts: z.strictObject({
      storageClass,
      size: quantity,
      claim: z.string().min(1).nullable(),
      server: z
        .string()
        .regex(/^(s3|nats|tls):\/\//, 'must be s3://BUCKET, or nats:// or tls://HOST:PORT/BUCKET')
        .nullable(),
      credentials: z.string().min(1).nullable(),
      cacheSize: quantity,
    }),
    models: z.strictObject({ claim: z.string().min(1).nullable() }),
  }),
  nats: z.strictObject({
    external: z
      .string()
      .regex(
        /^(nats|tls):\/\/[^,]+(,(nats|tls):\/\/[^,]+)*$/,
        'must be nats:// or tls://HOST:PORT, several by commas',
      )
      .nullable(),
    replicas: z.int().min(1).max(5),
    streamMib: count,
    credentials: z
      .strictObject({ secret: z.string().min(1), keys: z.array(z.enum(NATS_VARIABLES)).min(1) })
      .nullable(),
    storageClass,
    size: quantity,
    resources,
  }),
  vllm: z.strictObject({
    gpus: z.int().min(1),
    resources,
    nodeSelector: labels,
    tolerations: z.array(anyObject),
    startupSeconds: z.int().min(10),
    drainSeconds: count,
    cacheSize: quantity,
  }),
  network: z.strictObject({ clients: z.array(anyObject), monitoringNamespace: z.string().min(1) }),
  observability: z.strictObject({
    otlpEndpoint: z.url().nullable(),
    tracesShare: z.number().min(0).max(1),
    podMonitor: z.boolean(),
    prometheus: z.url(),
  }),
  services: z.strictObject({
    generation: service,
    simulation: service,
    verification: service,
    execution: service,
    training: stateful,
    orchestration: sharing,
    gateway: service,
    dashboard: single,
  }),
});

export type Values = z.infer<typeof valuesSchema>;
/** One service's block; `volume` where it keeps state of its own. */
export type ServiceValues = z.infer<typeof service> & {
  readonly volume?: z.infer<typeof stateful>['volume'] | z.infer<typeof sharing>['volume'];
};
export type ImageValues = z.infer<typeof image>;

/**
 * The values of several files, later ones over earlier ones.
 * @throws z.ZodError naming every wrong key by its path
 */
export function parseValues(layers: readonly unknown[]): Values {
  return valuesSchema.parse(layers.reduce(merge, {}));
}

function merge(below: unknown, above: unknown): unknown {
  if (!isMap(below) || !isMap(above)) return above;
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) merged[key] = merge(below[key], value);
  return merged;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
