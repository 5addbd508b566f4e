import type { IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { IObject } from './kubernetes-object.ts';
import { parsePlan, type PlannedServer } from './plan.ts';
import { renderCluster, unpinned } from './render.ts';
import { planText } from './testing/plan-text.ts';
import { parseValues, SERVICES, type Values } from './values.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const defaults: unknown = parse(readFileSync(join(folder, 'values.yaml'), 'utf8'));

/** Everything that the defaults leave out. */
const everything = {
  tls: null,
  dashboard: { publicOrigin: 'https://runs.example' },
  images: { pullSecrets: ['registry'], cuda: { digest: `sha256:${'a'.repeat(64)}` } },
  storage: {
    artifacts: { server: 's3://models/sipf?endpoint=http://minio:9000', credentials: 's3' },
    models: { claim: 'models' },
  },
  nats: {
    external: 'tls://a.messaging:4222,tls://b.messaging:4333',
    replicas: 3,
    credentials: { secret: 'nats-user', keys: ['NATS_CA', 'NATS_NKEY', 'NATS_USER'] },
  },
  observability: { podMonitor: true, otlpEndpoint: 'http://collector.monitoring:4318' },
  services: {
    generation: {
      gpus: 1,
      nodeSelector: { 'nvidia.com/gpu.product': 'H100' },
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
      settings: { model: '/models/policy' },
      autoscaling: { kind: 'keda' },
    },
    simulation: { autoscaling: { kind: 'hpa' } },
    gateway: { replicas: 0 },
  },
};

/** Of a run with a policy and a simulator on vLLM, and verifiers that a hook starts. */
const plan = parsePlan(planText());
const withModels = { storage: { models: { claim: 'models' } } };

/** Two over one volume, with their leases at the API server. */
const several = {
  services: {
    orchestration: {
      replicas: 2,
      volume: { accessMode: 'ReadWriteMany' },
      settings: { leases: 'kubernetes' },
    },
  },
};

const clusters: readonly (readonly [string, Values, readonly PlannedServer[]])[] = [
  ['the defaults', parseValues([defaults]), []],
  ['everything', parseValues([defaults, everything]), []],
  ['several orchestrators', parseValues([defaults, several]), []],
  ['a run on vLLM', parseValues([defaults, plan.settings, withModels]), plan.servers],
];

/** The published schema of an object's kind. */
async function validator(object: IObject): Promise<new (object: IObject) => { validate(): void }> {
  const foreign = {
    'keda.sh/v1alpha1': '@kubernetes-models/keda/keda.sh/v1alpha1',
    'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  }[object.apiVersion];
  const module = (await import(foreign ?? `kubernetes-models/${object.apiVersion}`)) as Record<string, never>;
  return module[object.kind] as never;
}

type Workload = IDeployment | IStatefulSet;

function workloads(values: Values, servers: readonly PlannedServer[] = []): Workload[] {
  const objects = [...renderCluster(values, servers).values()].flat();
  return objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet') as Workload[];
}

const named = (objects: readonly IObject[], kind: string) =>
  objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata?.name);

describe.each(clusters)('a cluster of %s', (_name, values, servers) => {
  const objects = [...renderCluster(values, servers).values()].flat();

  it('is valid by the schemas of Kubernetes and of the operators', async () => {
    for (const object of objects) {
      const Model = await validator(object);
      expect(
        () => {
          new Model(object).validate();
        },
        `${object.kind} ${String(object.metadata?.name)}`,
      ).not.toThrow();
    }
  });

  it('runs every container unprivileged, within limits, with the runtime’s seccomp filter', () => {
    for (const { metadata, spec } of workloads(values, servers)) {
      const pod = spec?.template.spec;
      const [service] = SERVICES.filter((name) => metadata?.name === `sipf-${name}`);
      const hasHook = servers.length > 0 && service === 'verification';
      const hasLeases = service === 'orchestration' && 'leases' in values.services[service].settings;
      expect(pod).toMatchObject({
        automountServiceAccountToken: hasHook || hasLeases,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])]) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources?.requests).toMatchObject({ memory: expect.any(String) as string });
        expect(container.resources?.limits).toMatchObject({ memory: expect.any(String) as string });
      }
    }
  });

  it('gives every workload probes, a policy, and a name that resolves to its pods', () => {
    for (const { metadata, spec } of workloads(values, servers)) {
      const [container] = spec?.template.spec?.containers ?? [];
      expect(container).toHaveProperty('startupProbe.failureThreshold');
      expect(container).toHaveProperty('readinessProbe');
      expect(container).toHaveProperty('livenessProbe');
      for (const kind of ['Service', 'NetworkPolicy']) {
        expect(named(objects, kind)).toContain(metadata?.name);
      }
      expect(spec?.template.metadata?.labels).toMatchObject(spec?.selector.matchLabels ?? {});
    }
  });

  it('mounts what it names and names what it mounts', () => {
    for (const { spec } of workloads(values, servers)) {
      const { containers = [], volumes = [] } = spec?.template.spec ?? {};
      const claims =
        spec !== undefined && 'volumeClaimTemplates' in spec ? (spec.volumeClaimTemplates ?? []) : [];
      const given = [...volumes.map(({ name }) => name), ...claims.map(({ metadata }) => metadata?.name)];
      const mounted = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
      expect([...given].sort()).toEqual([...mounted].sort());
    }
  });
});

it('hands the credentials of NATS to who calls it, files as files, and lets it reach every server', () => {
  const values = parseValues([defaults, everything]);
  const withNats = workloads(values).flatMap(({ metadata, spec }) => {
    const [container] = spec?.template.spec?.containers ?? [];
    const env = (container?.env ?? []).filter(({ name }) => name.startsWith('NATS_'));
    if (env.length === 0) return [];
    expect(env).toEqual([
      { name: 'NATS_CA', value: '/nats/NATS_CA' },
      { name: 'NATS_NKEY', value: '/nats/NATS_NKEY' },
      { name: 'NATS_USER', valueFrom: { secretKeyRef: { name: 'nats-user', key: 'NATS_USER' } } },
    ]);
    expect(container?.args).toEqual(
      expect.arrayContaining([`--nats-url=${everything.nats.external}`, '--nats-replicas=3']),
    );
    return [metadata?.name];
  });
  expect(withNats.sort()).toEqual(
    ['generation', 'orchestration', 'simulation', 'verification'].map((service) => `sipf-${service}`),
  );
  const [policy] = (renderCluster(values).get('generation') ?? []).filter(
    ({ kind }) => kind === 'NetworkPolicy',
  );
  expect(JSON.stringify(policy)).toContain('{"ports":[{"port":4222},{"port":4333}]}');
});

it('gives several orchestrators one volume, and the way and the rights to Leases where they are kept there', () => {
  const objects = renderCluster(parseValues([defaults, several])).get('orchestration') ?? [];
  const find = (kind: string) => objects.find((object) => object.kind === kind) as object | undefined;
  expect(find('PersistentVolumeClaim')).toMatchObject({
    metadata: { name: 'sipf-orchestration' },
    spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '20Gi' } } },
  });
  const { spec } = find('StatefulSet') as IStatefulSet;
  expect(spec).toMatchObject({ replicas: 2 });
  expect(spec).not.toHaveProperty('volumeClaimTemplates');
  const pod = spec?.template.spec;
  const state = { name: 'state', persistentVolumeClaim: { claimName: 'sipf-orchestration' } };
  expect(pod?.volumes).toContainEqual(state);
  expect(pod?.containers[0]?.volumeMounts).toContainEqual({ name: 'state', mountPath: '/runs' });
  expect(pod?.containers[0]?.args).toEqual(
    expect.arrayContaining(['--leases=kubernetes', '--resume-interrupted=true']),
  );
  expect(pod?.serviceAccountName).toBe('sipf-orchestration');
  expect(find('Role')).toMatchObject({
    rules: [
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
    ],
  });
  expect((find('NetworkPolicy') as INetworkPolicy).spec?.egress).toContainEqual({
    ports: [{ port: 443 }, { port: 6443 }],
  });
});

it('refuses several orchestrators over volumes that only one may mount, with the remedy', () => {
  const orchestration = { replicas: 2, settings: { leases: 'nats' } };
  const once = () => parseValues([defaults, { services: { orchestration } }]);
  expect(once).toThrow('several share their runs on one volume of ReadWriteMany (volume.accessMode)');
  const volume = { accessMode: 'ReadWriteMany' };
  for (const leases of ['files', 'nats', 'kubernetes']) {
    const settings = { leases };
    const values = parseValues([
      defaults,
      { services: { orchestration: { replicas: 2, volume, settings } } },
    ]);
    const kinds = renderCluster(values)
      .get('orchestration')
      ?.map(({ kind }) => kind);
    expect(kinds?.includes('Role')).toBe(leases === 'kubernetes');
  }
  const scaled = { volume, autoscaling: { kind: 'keda' } };
  expect(() => parseValues([defaults, { services: { orchestration: scaled } }])).toThrow('must be none');
});

it('lets untrusted programs open no connection, and no policy admits everybody', () => {
  for (const [, values, servers] of clusters) {
    const policies = [...renderCluster(values, servers).values()]
      .flat()
      .filter(({ kind }) => kind === 'NetworkPolicy');
    for (const { metadata, spec } of policies as INetworkPolicy[]) {
      expect(spec?.policyTypes).toEqual(['Ingress', 'Egress']);
      for (const { from } of spec?.ingress ?? []) expect(from?.length).toBeGreaterThan(0);
      const others = spec?.egress
        ?.flatMap(({ to = [] }) => to)
        .filter(({ podSelector }) => podSelector !== undefined);
      if (metadata?.name === 'sipf-execution') expect(others).toEqual([]);
    }
  }
  const closed = parseValues([defaults, { network: { clients: [] } }]);
  const callers = (service: string) => {
    const found = renderCluster(closed)
      .get(service)
      ?.find(({ kind }) => kind === 'NetworkPolicy') as INetworkPolicy | undefined;
    const peers = found?.spec?.ingress?.flatMap(({ from = [] }) => from) ?? [];
    return peers.flatMap(({ podSelector }) => podSelector?.matchLabels?.['app.kubernetes.io/name'] ?? []);
  };
  expect(callers('orchestration')).toEqual(['sipf-dashboard']);
  for (const service of ['gateway', 'dashboard']) expect(callers(service)).toEqual([]);
});

it('waits for a model and for calls in flight as long as the values say', () => {
  const values = parseValues([
    defaults,
    { services: { generation: { startupSeconds: 3600, drainSeconds: 90 } } },
  ]);
  const pod = workloads(values).find(({ metadata }) => metadata?.name === 'sipf-generation')?.spec?.template
    .spec;
  expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(90);
  expect(pod?.containers[0]).toMatchObject({ startupProbe: { periodSeconds: 10, failureThreshold: 360 } });
  expect(pod?.containers[0]?.args).toContain('--drain-ms=90000');
});

it('opens the dashboard to people with its token, and to the orchestrator as itself', () => {
  const container = (values: Values | undefined) =>
    workloads(values as Values).find(({ metadata }) => metadata?.name === 'sipf-dashboard')?.spec?.template
      .spec?.containers[0];
  const [[, defaultValues], [, all]] = clusters as [(typeof clusters)[0], (typeof clusters)[0]];
  const usual = container(defaultValues);
  expect(usual?.args).toEqual(
    expect.arrayContaining([
      ...['--token-file=/token/token', '--tls-cert-file=/tls/tls.crt', '--orchestration-tls=true'],
      ...['--orchestration=dns:///sipf-orchestration:9000', '--orchestration-cert-file=/tls/tls.crt'],
    ]),
  );
  // Browsers have no certificates.
  expect(usual?.args?.join(' ')).not.toContain('tls-require-client-cert');
  expect(container(all)?.args).toEqual(
    expect.arrayContaining(['--allow-insecure=true', '--public-origin=https://runs.example']),
  );
  expect(() => parseValues([defaults, { services: { dashboard: { replicas: 2 } } }])).toThrow('sessions');
});

it('runs a service with GPUs on the CUDA image, after a check of its providers', () => {
  const [, values] = clusters[1] ?? [];
  const generation = workloads(values as Values).find(({ metadata }) => metadata?.name === 'sipf-generation');
  const pod = generation?.spec?.template.spec;
  const image = `sipf-cuda@sha256:${'a'.repeat(64)}`;
  const resources = { limits: { 'nvidia.com/gpu': 1 } };
  expect(pod?.containers[0]).toMatchObject({ image, resources });
  expect(pod?.initContainers?.[0]).toMatchObject({
    image,
    resources,
    args: expect.arrayContaining(['cuda']) as string[],
  });
  expect(generation?.spec).not.toHaveProperty('replicas');
});

it('has a service of our own engine compute on the GPU that its pod has, and leaves it to an engine of others', () => {
  const argumentsOf = (services: object) => {
    const [pod] = workloads(parseValues([defaults, { services }])).flatMap(({ metadata, spec }) =>
      metadata?.name === 'sipf-generation' ? [spec?.template.spec] : [],
    );
    return pod?.containers[0]?.args ?? [];
  };
  expect(argumentsOf({ generation: { gpus: 1 } })).toContain('--device=cuda');
  expect(argumentsOf({ generation: { gpus: 1, settings: { device: 'webgpu' } } })).toContain(
    '--device=webgpu',
  );
  const vllm = { backend: 'openai', 'backend-url': 'http://vllm:8000/v1' };
  for (const others of [{}, { generation: { gpus: 1, settings: vllm } }])
    expect(argumentsOf(others).filter((flag) => flag.startsWith('--device'))).toEqual([]);
});

it('names every wrong value, and refuses images without a digest', () => {
  const wrong = {
    services: {
      ...{ generation: { replica: 2, gpus: -1 }, training: { replicas: 2 } },
      simulation: { autoscaling: { kind: 'keda', min: 0 } },
    },
    images: { cpu: { digest: 'latest' } },
  };
  const paths = () => {
    try {
      parseValues([defaults, wrong]);
      return '';
    } catch (cause) {
      return z.prettifyError(cause as z.ZodError);
    }
  };
  const keys = ['services.generation.gpus', '"replica"', 'services.training', 'images.cpu.digest'];
  for (const key of [...keys, 'services.simulation.autoscaling.min']) expect(paths()).toContain(key);
  expect(unpinned(parseValues([defaults]))).toEqual(['sipf-cpu', 'docker.io/library/nats']);
});

describe('servers of vLLM', () => {
  const values = parseValues([defaults, plan.settings, withModels]);
  const named = (name: string) =>
    workloads(values, plan.servers).find(({ metadata }) => metadata?.name === name) as IDeployment;
  const containerOf = (name: string) => named(name).spec?.template.spec?.containers[0];

  it('start with the arguments and the environment of the plan, on a GPU, each where the plan’s name says', () => {
    const container = containerOf('policy-vllm');
    const [server] = plan.servers;
    expect(container?.command).toEqual(['python3', '-m', 'vllm.entrypoints.openai.api_server']);
    expect(container?.args).toEqual([...(server?.model ?? []), ...(server?.flags ?? [])]);
    expect(container?.args).toEqual(expect.arrayContaining(['--port', '8000', '--max-lora-rank', '256']));
    const store = { name: 'SIPF_STORE', value: '/artifacts' };
    expect(container?.env).toEqual(expect.arrayContaining([store]));
    expect(container?.resources?.limits).toMatchObject({ 'nvidia.com/gpu': 1 });
    expect(named('policy-vllm').spec).toMatchObject({
      ...{ replicas: 2, strategy: { rollingUpdate: { maxSurge: 0 } } },
    });
    const [generation] = workloads(values).filter(({ metadata }) => metadata?.name === 'sipf-generation');
    expect(generation?.spec?.template.spec?.containers[0]?.args).toEqual(
      expect.arrayContaining(['--backend=openai', '--backend-url=dns:///policy-vllm:8000']),
    );
  });

  it('wait without a pod for the model that a hook gives them', () => {
    expect(named('verifier-vllm').spec).toMatchObject({ replicas: 0, strategy: { type: 'Recreate' } });
    expect(containerOf('verifier-vllm')?.args?.join(' ')).toContain(
      '--model $(MODEL_FOLDER) --served-model-name $(MODEL_DIGEST) --runner pooling',
    );
  });

  it('are started by the service that asks them, which may change that Deployment alone', () => {
    const objects = renderCluster(values, plan.servers).get('verification') ?? [];
    const role = objects.find(({ kind }) => kind === 'Role') as IRole | undefined;
    expect(role?.rules?.map(({ resources, resourceNames }) => [resources, resourceNames])).toEqual([
      [['deployments'], ['verifier-vllm']],
      [['deployments/scale'], ['verifier-vllm']],
    ]);
    const [pod] = workloads(values, plan.servers).flatMap(({ metadata, spec }) =>
      metadata?.name === 'sipf-verification' ? [spec?.template.spec] : [],
    );
    expect(pod?.serviceAccountName).toBe('sipf-verification');
    expect(pod?.containers[0]?.env).toContainEqual({ name: 'VLLM_DEPLOYMENT', value: 'verifier-vllm' });
    const others = [...renderCluster(values, plan.servers)].filter(([name]) => name !== 'verification');
    expect(others.flatMap(([, all]) => all).filter(({ kind }) => kind.startsWith('Role'))).toEqual([]);
  });

  it('admit the services that ask them, and call nobody', () => {
    const policy = renderCluster(values, plan.servers)
      .get('policy-vllm')
      ?.find(({ kind }) => kind === 'NetworkPolicy') as INetworkPolicy | undefined;
    const [rule, ...others] = policy?.spec?.ingress ?? [];
    expect(others).toEqual([]);
    expect(rule?.ports).toEqual([{ port: 8000 }]);
    const callers = rule?.from?.flatMap(({ podSelector }) => Object.values(podSelector?.matchLabels ?? {}));
    expect(callers).toEqual(['sipf', 'sipf-generation']);
    expect(policy?.spec?.egress).toEqual([]);
  });

  it.each<[string, Partial<PlannedServer>, object]>([
    ['engines.policy.urls', { urls: ['http://10.0.0.1:8000/v1'] }, {}],
    ['/models', {}, { storage: { models: { claim: null } } }],
    ['/models', { model: ['--model', '/home/m', '--served-model-name', 'm'] }, {}],
    ['MODEL_DIGEST', { model: ['--model', '/models/m', '--served-model-name', '$MODEL_DIGEST'] }, {}],
    ['artifacts.server', {}, { storage: { artifacts: { server: 's3://b' } } }],
  ])('are refused with the remedy where they cannot be started so: %s', (words, changes, more) => {
    const [policy] = plan.servers as [PlannedServer];
    const wrong = parseValues([defaults, withModels, more]);
    expect(() => renderCluster(wrong, [{ ...policy, ...changes }])).toThrow(words);
  });

  it('are refused where two that differ have one name', () => {
    const [policy] = plan.servers as [PlannedServer];
    const other = { ...policy, urls: ['dns:///policy-vllm:8001'] };
    expect(() => renderCluster(values, [policy, other])).toThrow('policy-vllm is the name of two servers');
  });

  it('need an image by its digest too', () => {
    expect(unpinned(values, plan.servers)).toContain('sipf-vllm');
  });
});

function render(...args: string[]) {
  return spawnSync(process.execPath, [join(folder, 'render/main.ts'), ...args], { encoding: 'utf8' });
}

it('the checked-in manifests are up to date', () => {
  const out = mkdtempSync(join(tmpdir(), 'sipf-manifests-'));
  try {
    expect(render('--unpinned', '--out', out)).toMatchObject({ status: 0, stderr: '' });
    const read = (at: string) =>
      Object.fromEntries(readdirSync(at).map((name) => [name, readFileSync(join(at, name), 'utf8')]));
    // To update them: node deploy/kubernetes/render/main.ts --unpinned --out deploy/kubernetes/manifests
    expect(read(join(folder, 'manifests'))).toEqual(read(out));
    expect(SERVICES.every((service) => `${service}.yaml` in read(out))).toBe(true);
  } finally {
    rmSync(out, { recursive: true });
  }
});

it('reports errors on the command line', () => {
  expect(render()).toMatchObject({
    status: 64,
    stdout: '',
    stderr: expect.stringContaining('no digest for sipf-cpu') as string,
  });
  expect(render('--help').stdout).toContain('usage:');
});

const hasKubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0;
if (!hasKubectl) process.stderr.write('skipping the kustomization: there is no kubectl\n');

it.skipIf(!hasKubectl)('is a kustomization that kubectl builds', () => {
  const { status, stdout } = spawnSync('kubectl', ['kustomize', join(folder, 'manifests')], {
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const objects = [...renderCluster(parseValues([defaults])).values()].flat();
  expect(stdout.split('\n---\n')).toHaveLength(objects.length);
});
