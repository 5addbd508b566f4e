import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Job } from 'kubernetes-models/batch/v1';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

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
  expect(trainer?.command?.slice(-3)).toEqual(['--nproc-per-node=4', '/sipf/trl/train.py', order]);
  expect(trainer?.resources?.limits).toMatchObject({ 'nvidia.com/gpu': '4' });
  const claims = volumes.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
  expect(claims.slice(0, 2)).toEqual(['jobs', 'sipf-artifacts']);
  expect(job.spec?.template.spec?.securityContext).toMatchObject({ runAsNonRoot: true });
});

it('shortens long names to the limit of Kubernetes, and requires an image', () => {
  const order = `/state/jobs/${'a'.repeat(39)}-${'b'.repeat(80)}/trainer/order.json`;
  const { stdout } = print(order, { SIPF_TRAINER_IMAGE: 'x' });
  expect((parse(stdout) as { metadata: { name: string } }).metadata.name).toBe(
    `sipf-train-${'a'.repeat(39)}`,
  );
  const { status, stderr } = print(order, {});
  expect(status).not.toBe(0);
  expect(stderr).toContain('the image with Python');
});
