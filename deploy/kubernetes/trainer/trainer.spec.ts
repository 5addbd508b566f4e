import { Job } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { Service } from 'kubernetes-models/v1';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const script = fileURLToPath(new URL('train-as-job.sh', import.meta.url));

function print(order: string, env: Record<string, string>) {
  return spawnSync(script, [order, '--print'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  });
}

it('turns an order into a valid job with the configured image, processes and claims', () => {
  const order = '/state/jobs/run-7-align-2/trainer/order.json';
  const image = `registry.example/trl@sha256:${'a'.repeat(64)}`;
  const { status, stdout } = print(order, {
    SIPF_TRAINER_IMAGE: image,
    SIPF_TRAINER_PROCESSES: '4',
    SIPF_TRAINER_STATE_CLAIM: 'jobs',
  });
  expect(status).toBe(0);
  expect(stdout).not.toContain('@NAME@');
  const job = new Job(parse(stdout) as ConstructorParameters<typeof Job>[0]);
  expect(() => {
    job.validate();
  }).not.toThrow();
  expect(job.metadata?.name).toBe('sipf-train-run-7-align-2');
  const { containers: [trainer] = [], volumes = [] } = job.spec?.template.spec ?? {};
  expect(trainer?.image).toBe(image);
  const [python, launcher] = trainer?.command ?? [];
  expect([python, launcher, trainer?.command?.at(-1)]).toEqual(['python', '/sipf/trl/launch.py', order]);
  expect(trainer?.command).toEqual(
    expect.arrayContaining(['--nnodes=1', '--nproc-per-node=4', '--rdzv-endpoint=localhost:0']),
  );
  expect(trainer?.resources?.limits).toMatchObject({ 'nvidia.com/gpu': '4' });
  const claims = volumes.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
  expect(claims.slice(0, 2)).toEqual(['jobs', 'sipf-artifacts']);
  expect(job.spec?.template.spec?.securityContext).toMatchObject({ runAsNonRoot: true });
});

const nameOf = (job: string): string => {
  const { stdout } = print(`/state/jobs/${job}/trainer/order.json`, { SIPF_TRAINER_IMAGE: 'x' });
  return (parse(stdout) as { metadata: { name: string } }).metadata.name;
};
const long = `${'a'.repeat(39)}-${'b'.repeat(80)}`;

it.each([
  ['run-7-align-2', /^sipf-train-run-7-align-2$/],
  ['a'.repeat(40), /^sipf-train-a{40}$/],
  [long, /^sipf-train-a{31}-[0-9a-f]{8}$/],
  ['run-', /^sipf-train-run--[0-9a-f]{8}$/],
])('calls the job of %s by a name of Kubernetes', (job, name) => {
  expect(nameOf(job)).toMatch(name);
  // With the number of a pod it is a host's name.
  expect(`${nameOf(job)}-1023`.length).toBeLessThanOrEqual(63);
});

it.each([
  [`${long}-1`, `${long}-2`],
  ['run', 'run-'],
])('never calls two jobs the same: %s, %s', (one, other) => {
  expect(nameOf(one)).not.toBe(nameOf(other));
});

it('waits for its machines as long as it is told', () => {
  const variables = (env: Record<string, string>) => {
    const { stdout } = print('/state/jobs/a/trainer/order.json', { SIPF_TRAINER_IMAGE: 'x', ...env });
    const job = new Job(parse(stdout) as ConstructorParameters<typeof Job>[0]);
    return job.spec?.template.spec?.containers[0]?.env?.find(({ name }) => name.endsWith('MEET_SECONDS'));
  };
  expect(variables({})?.value).toBe('600');
  expect(variables({ SIPF_TRAINER_MEET_SECONDS: '1800' })?.value).toBe('1800');
});

it('asks for the main memory that it is told, else for 16Gi and up to 64', () => {
  const resourcesOf = (env: Record<string, string>) => {
    const { stdout } = print('/state/jobs/a/trainer/order.json', { SIPF_TRAINER_IMAGE: 'x', ...env });
    const job = new Job(parse(stdout) as ConstructorParameters<typeof Job>[0]);
    job.validate();
    const { requests, limits } = job.spec?.template.spec?.containers[0]?.resources ?? {};
    return [requests?.['memory'], limits?.['memory']];
  };
  expect(resourcesOf({})).toEqual(['16Gi', '64Gi']);
  expect(resourcesOf({ SIPF_TRAINER_MEMORY: '200Gi' })).toEqual(['200Gi', '200Gi']);
});

it('requires an image', () => {
  const { status, stderr } = print('/state/jobs/a/trainer/order.json', {});
  expect(status).not.toBe(0);
  expect(stderr).toContain('the image with Python');
});

it('shares a training among machines that find the first one by name, and that talk to each other alone', () => {
  const { stdout } = print('/state/jobs/wide/trainer/order.json', {
    ...{ SIPF_TRAINER_IMAGE: 'x', SIPF_TRAINER_PROCESSES: '16', SIPF_TRAINER_NODES: '2' },
  });
  const [service, policy, job] = parseAllDocuments(stdout).map((document) => document.toJS() as never);
  const models = {
    service: new Service(service),
    policy: new NetworkPolicy(policy),
    job: new Job(job),
  };
  for (const model of Object.values(models)) model.validate();
  const name = 'sipf-train-wide';
  const { template, ...spec } = models.job.spec ?? {};
  expect(spec).toMatchObject({ completionMode: 'Indexed', completions: 2, parallelism: 2 });
  expect(template?.spec?.subdomain).toBe(models.service.metadata?.name);
  const [trainer] = template?.spec?.containers ?? [];
  // Pods of an indexed job are called by the job's name and their number.
  const rendezvous = [`--rdzv-endpoint=${name}-0.${name}:29500`, '--nnodes=2', '--nproc-per-node=8'];
  expect(trainer?.command).toEqual(expect.arrayContaining(rendezvous));
  expect(trainer?.resources?.limits).toMatchObject({ 'nvidia.com/gpu': '8' });
  expect(models.service.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
  const own = template?.metadata?.labels;
  expect(own).toMatchObject(models.service.spec?.selector ?? { missing: '' });
  expect(own).toMatchObject(models.policy.spec?.podSelector?.matchLabels ?? { missing: '' });
  const peers = [{ podSelector: { matchLabels: models.service.spec?.selector } }];
  expect(models.policy.spec?.ingress).toEqual([{ from: peers }]);
});

it('refuses processes that its machines cannot share equally', () => {
  const { status, stderr } = print('/state/jobs/odd/trainer/order.json', {
    ...{ SIPF_TRAINER_IMAGE: 'x', SIPF_TRAINER_PROCESSES: '3', SIPF_TRAINER_NODES: '2' },
  });
  expect([status, stderr]).toEqual([64, expect.stringContaining('SIPF_TRAINER_NODES')]);
});
