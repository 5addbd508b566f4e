import type { IContainer, IPodSpec } from 'kubernetes-models/v1';
import { imageOf, RESTRICTED, variables } from './container.ts';
import type { PlannedServer } from './plan.ts';
import { artifactsSource } from './storage.ts';
import type { Values } from './values.ts';
import { UNPRIVILEGED } from './workload.ts';

const PERIOD_SECONDS = 10;
const ARTIFACTS = '/artifacts';

/**
 * Unprivileged, with a GPU, the models, and the artifact store where it reads that.
 * @throws RangeError for what it cannot have
 */
export function podOf(server: PlannedServer, port: number, values: Values): IPodSpec {
  const { nodeSelector, tolerations, drainSeconds, cacheSize } = values.vllm;
  const { pullSecrets } = values.images;
  const models = modelsClaim(server, values);
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: UNPRIVILEGED,
    terminationGracePeriodSeconds: drainSeconds,
    nodeSelector,
    tolerations,
    ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
    containers: [containerOf(server, port, values)],
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: '4Gi' } },
      { name: 'cache', emptyDir: { sizeLimit: cacheSize } },
      { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '2Gi' } },
      ...(models === undefined
        ? []
        : [{ name: 'models', persistentVolumeClaim: { claimName: models, readOnly: true } }]),
      ...(readsStore(server) ? [storeSource(server, values)] : []),
    ],
  };
}

function containerOf(server: PlannedServer, port: number, values: Values): IContainer {
  const { gpus, resources, startupSeconds } = values.vllm;
  const look = {
    httpGet: { path: '/health', port: 'http' },
    periodSeconds: PERIOD_SECONDS,
    timeoutSeconds: 5,
  };
  const models = server.hook === undefined;
  return {
    name: 'vllm',
    image: imageOf(values.images.vllm),
    command: ['python3', ...server.program],
    args: [...server.model, ...server.flags].map((word) => known(word, server)),
    env: variables({ ...QUIET, ...expanded(server) }),
    ports: [{ name: 'http', containerPort: port }],
    startupProbe: { ...look, failureThreshold: Math.ceil(startupSeconds / PERIOD_SECONDS) },
    readinessProbe: { ...look, failureThreshold: 2 },
    livenessProbe: { ...look, failureThreshold: 6 },
    resources: { requests: resources.requests, limits: { ...resources.limits, 'nvidia.com/gpu': gpus } },
    securityContext: RESTRICTED,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'cache', mountPath: '/cache' },
      { name: 'shm', mountPath: '/dev/shm' },
      ...(models ? [{ name: 'models', mountPath: '/models', readOnly: true }] : []),
      ...(readsStore(server) ? [{ name: 'artifacts', mountPath: ARTIFACTS, readOnly: true }] : []),
    ],
  };
}

/** Asks no network for anything, and writes where a pod may; its user has no name in the image. */
const QUIET = {
  ...{ HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1', HOME: '/tmp', USER: 'vllm' },
  ...{ XDG_CACHE_HOME: '/cache', VLLM_CACHE_ROOT: '/cache/vllm', TRITON_CACHE_DIR: '/cache/triton' },
  TORCHINDUCTOR_CACHE_DIR: '/cache/inductor',
};

function expanded(server: PlannedServer): Record<string, string> {
  return Object.fromEntries(
    Object.entries(server.environment).map(([name, value]) => [
      name,
      value === '$ARTIFACTS' ? ARTIFACTS : known(value, server),
    ]),
  );
}

/**
 * A word of the plan, with the variables that a hook sets as Kubernetes writes them.
 * @throws RangeError for one that nobody sets
 */
function known(word: string, { hook, parts }: PlannedServer): string {
  if (word !== '$MODEL_FOLDER' && word !== '$MODEL_DIGEST') return word;
  if (hook !== undefined) return `$(${word.slice(1)})`;
  throw new RangeError(
    `the plan does not know ${word.slice(1)} of engines.${parts.join(', ')}: make it where the model's folder is, e.g. in ` +
      'a pod that has the claim of models, or name a hook',
  );
}

/** The claim that has the model, unless a hook takes it from the store. @throws RangeError where it has not */
function modelsClaim({ parts, model, hook }: PlannedServer, { storage }: Values): string | undefined {
  if (hook !== undefined) return undefined;
  const folder = model[model.indexOf('--model') + 1] ?? '';
  if (storage.models.claim === null || !(folder.startsWith('/models/') || folder === '$MODEL_FOLDER'))
    throw new RangeError(
      `the model of engines.${parts.join(', ')} is ${folder}: a pod has the folders of storage.models.claim at ` +
        '/models; set that, and plan with the path there (--set policy.model=/models/…)',
    );
  return storage.models.claim;
}

function readsStore({ hook, environment }: PlannedServer): boolean {
  return hook !== undefined || 'SIPF_STORE' in environment;
}

/** vLLM reads adapters and weights from a volume alone. @throws RangeError where the store is a server */
function storeSource({ parts }: PlannedServer, values: Values) {
  if (values.storage.artifacts.server === null) return artifactsSource(values);
  throw new RangeError(
    `engines.${parts.join(', ')}: vLLM reads the artifact store from a volume, and storage.artifacts.server is a server: ` +
      'let it be null',
  );
}
