import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import type { IObject } from './render/kubernetes-object.ts';
import { parsePlan } from './render/plan.ts';
import { renderCluster } from './render/render.ts';
import { planText } from './render/testing/plan-text.ts';
import { parseValues } from './render/values.ts';

const root = dirname(dirname(import.meta.dirname));

/** Names a cluster of one's own, which is asked what it would say; only the namespace stays. */
const kubeconfig = process.env['SIPF_KUBECONFIG'];
if (kubeconfig === undefined)
  process.stderr.write('skipping admission by a real API server: SIPF_KUBECONFIG names none\n');

function kubectl(args: readonly string[], input = '') {
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  const { status, stdout, stderr } = spawnSync('kubectl', args, { input, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** The objects of a cluster for a run with servers of vLLM. */
function plannedFiles(): ReadonlyMap<string, readonly IObject[]> {
  const values = parse(readFileSync(join(root, 'deploy/kubernetes/values.yaml'), 'utf8')) as unknown;
  const { servers, settings } = parsePlan(planText());
  const claim = { storage: { models: { claim: 'models' } } };
  return renderCluster(parseValues([values, settings, claim]), servers);
}

/** What a training as a Job applies. */
function trainingObjects(job: string, environment: Readonly<Record<string, string>>): string {
  const script = join(root, 'deploy/kubernetes/trainer/train-as-job.sh');
  const env = { ...process.env, SIPF_TRAINER_IMAGE: `trl@sha256:${'a'.repeat(64)}`, ...environment };
  const { status, stdout, stderr } = spawnSync(script, [`/state/jobs/${job}/trainer/order.json`, '--print'], {
    ...{ env, encoding: 'utf8' },
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

interface Workload {
  readonly kind: string;
  readonly metadata: object;
  readonly spec: { readonly template: { readonly spec: object } };
}

describe.skipIf(kubeconfig === undefined)('admission by a real API server', () => {
  /** The names of the objects that it would take, all of them; warnings of its admission are refusals here. */
  function admitted(objects: string): string[] {
    const { status, stdout, stderr } = kubectl(
      ['apply', '--dry-run=server', '--output=name', '--filename=-'],
      objects,
    );
    expect([status, stderr]).toEqual([0, '']);
    return stdout.trim().split('\n').toSorted();
  }

  it('takes the rendered manifests in the namespace that enforces the restricted standard', () => {
    const namespace = join(root, 'deploy/kubernetes/manifests/namespace.yaml');
    expect(kubectl(['apply', '--filename', namespace])).toMatchObject({ status: 0 });
    const built = kubectl(['kustomize', join(root, 'deploy/kubernetes/manifests')]);
    const names = admitted(built.stdout);
    expect(names.length).toBeGreaterThan(30);
    expect(names).toEqual(expect.arrayContaining(['statefulset.apps/sipf-training', 'namespace/sipf']));
  });

  it('takes servers of vLLM as a run’s plan has them, and the pods of their Deployments', () => {
    const files = plannedFiles();
    const objects = ['policy-vllm', 'simulator-vllm', 'verifier-vllm'].flatMap(
      (name) => files.get(name) ?? [],
    );
    expect(admitted(objects.map((object) => stringify(object)).join('---\n'))).toHaveLength(9);
    const pods = objects.flatMap((object) => {
      if (object.kind !== 'Deployment') return [];
      const { metadata, spec } = object as IObject & Workload;
      return [stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec: spec.template.spec })];
    });
    expect(admitted(pods.join('---\n'))).toHaveLength(3);
  });

  it('takes several orchestrators, whose account may keep leases and nothing else', () => {
    const values = parse(readFileSync(join(root, 'deploy/kubernetes/values.yaml'), 'utf8')) as unknown;
    const volume = { accessMode: 'ReadWriteMany' };
    const settings = { leases: 'kubernetes' };
    const several = { services: { orchestration: { replicas: 2, volume, settings } } };
    const objects = renderCluster(parseValues([values, several])).get('orchestration') ?? [];
    const whole = objects.map((object) => stringify(object)).join('---\n');
    expect(admitted(whole)).toEqual(
      expect.arrayContaining([
        'persistentvolumeclaim/sipf-orchestration',
        'statefulset.apps/sipf-orchestration',
      ]),
    );
    const kinds = ['ServiceAccount', 'Role', 'RoleBinding'];
    const rights = objects.filter(({ kind }) => kinds.includes(kind)).map((object) => stringify(object));
    try {
      expect(kubectl(['apply', '--filename=-'], rights.join('---\n'))).toMatchObject({ status: 0 });
      const account = '--as=system:serviceaccount:sipf:sipf-orchestration';
      const may = (verb: string, resource: string) =>
        kubectl(['auth', 'can-i', verb, resource, '--namespace=sipf', account]).stdout.trim();
      const leases = 'leases.coordination.k8s.io';
      expect(['get', 'create', 'update'].map((verb) => may(verb, leases))).toEqual(Array(3).fill('yes'));
      expect([may('delete', leases), may('list', leases), may('get', 'secrets')]).toEqual(
        Array(3).fill('no'),
      );
    } finally {
      kubectl(['delete', '--ignore-not-found', '--filename=-'], rights.join('---\n'));
    }
  });

  it('lets the hook of a service change and scale its own Deployment, and no other', () => {
    const files = plannedFiles();
    const kinds = ['ServiceAccount', 'Role', 'RoleBinding', 'Deployment'];
    const objects = ['verification', 'verifier-vllm', 'policy-vllm']
      .flatMap((name) => files.get(name) ?? [])
      .filter(
        ({ kind, metadata }) =>
          kinds.includes(kind) && (kind !== 'Deployment' || metadata?.name !== 'sipf-verification'),
      )
      .map((object) => stringify(object))
      .join('---\n');
    const folder = mkdtempSync(join(tmpdir(), 'sipf-hook-'));
    try {
      expect(kubectl(['apply', '--filename=-'], objects)).toMatchObject({ status: 0 });
      // As its pod would call it; no pod runs here.
      const account = 'system:serviceaccount:sipf:sipf-verification';
      writeFileSync(
        join(folder, 'kubectl'),
        `#!/bin/sh\nexec kubectl --namespace=sipf --as=${account} "$@"\n`,
      );
      chmodSync(join(folder, 'kubectl'), 0o755);
      const restart = (deployment: string) => {
        const script = join(root, 'deploy/vllm/restart-deployment.sh');
        const env = { ...process.env, KUBECONFIG: kubeconfig, KUBECTL: join(folder, 'kubectl') };
        return spawnSync(script, ['/artifacts/folders/a', 'sha256:a'], {
          env: { ...env, VLLM_DEPLOYMENT: deployment, VLLM_REPLICAS: '0' },
          encoding: 'utf8',
        });
      };
      expect(restart('verifier-vllm')).toMatchObject({ status: 0 });
      const path = 'jsonpath={.spec.template.spec.containers[0].env[?(@.name=="MODEL_DIGEST")].value}';
      const get = ['get', 'deployment', 'verifier-vllm', '--namespace=sipf', '--output', path];
      expect(kubectl(get).stdout).toBe('sha256:a');
      expect(restart('policy-vllm').stderr).toContain('forbidden');
    } finally {
      kubectl(['delete', '--ignore-not-found', '--filename=-'], objects);
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ['one machine', {}, ['job.batch/sipf-train-a']],
    [
      'two machines',
      { SIPF_TRAINER_NODES: '2', SIPF_TRAINER_PROCESSES: '8' },
      ['job.batch/sipf-train-a', 'networkpolicy.networking.k8s.io/sipf-train-a', 'service/sipf-train-a'],
    ],
  ])('takes a training on %s', (_machines, environment, names) => {
    expect(admitted(trainingObjects('a', environment))).toEqual(names);
  });

  it('takes the pods of a training, which its Job makes', () => {
    const settings = { SIPF_TRAINER_NODES: '2', SIPF_TRAINER_PROCESSES: '2' };
    const job = parseAllDocuments(trainingObjects('pods', settings))
      .map((document) => document.toJS() as Workload)
      .find(({ kind }) => kind === 'Job');
    const { metadata, spec } = job ?? {};
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: spec?.template.spec };
    expect(admitted(stringify(pod))).toEqual(['pod/sipf-train-pods']);
    // The same pod as root is not: the standard is enforced.
    const asRoot = { ...pod, spec: { ...spec?.template.spec, securityContext: { runAsUser: 0 } } };
    expect(kubectl(['apply', '--dry-run=server', '--filename=-'], stringify(asRoot)).stderr).toContain(
      'violates PodSecurity "restricted',
    );
  });

  it('takes a training whose job’s name is as long as names may be', () => {
    const objects = trainingObjects('x'.repeat(128), {
      SIPF_TRAINER_NODES: '2',
      SIPF_TRAINER_PROCESSES: '2',
    });
    expect(admitted(objects)).toHaveLength(3);
  });
});
