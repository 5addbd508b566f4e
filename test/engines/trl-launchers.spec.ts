import { training } from '@sipf/contracts';
import { createClient } from '@sipf/service';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { temporaryFolder } from '../support/models.ts';
import { startProgram } from '../support/start-program.ts';
import { isAbsent } from './support/sharded-trainer.ts';
import { furthest, LIMIT_MS, reached, TrlServices } from './support/trl-service.ts';

const python = process.env['PEER_PYTHON'] ?? '';

describe.skipIf(isAbsent('ddp'))('a training by TRL of two launchers, as two machines have', () => {
  const folder = temporaryFolder();
  let services: TrlServices;

  beforeAll(() => {
    services = new TrlServices(folder.path);
  });
  afterAll(folder.remove);

  /** Flags of a service whose trainer is a pair of launchers that meet on a port; it ends when both have. */
  async function twoLaunchers(): Promise<string[]> {
    const path = join(folder.path, 'two-launchers.sh');
    const meeting = `--rdzv-backend=c10d --rdzv-endpoint=127.0.0.1:${await freePort()} --rdzv-id=two`;
    const launch = `${python} -m torch.distributed.run --nnodes=2 --nproc-per-node=1 ${meeting}`;
    const one = `${launch} "$SIPF_TRAINER_SCRIPT" "$1" <&3 &`;
    const lines = ['#!/bin/sh', 'exec 3<&0', one, 'first=$!', one, 'second=$!'];
    const end = ['wait $first; a=$?', 'wait $second; b=$?', '[ $a = 0 ] && [ $b = 0 ]', ''];
    writeFileSync(path, [...lines, ...end].join('\n'), { mode: 0o755 });
    return ['--trainer', 'trl', '--trainer-command', path, '--trainer-processes', '2'];
  }

  it(
    'has the weights that one launcher with two processes has',
    async () => {
      const spec = await services.spec(3);
      const one = ['--trainer', 'trl', '--trainer-python', python, '--trainer-processes', '2'];
      const alone = await services.run('alone', spec, one);
      const together = await services.run('together', spec, await twoLaunchers());
      expect(together.losses).toEqual(alone.losses);
      const [wanted, found] = [await services.tensors(alone), await services.tensors(together)];
      expect([...found.keys()]).toEqual([...wanted.keys()]);
      expect(furthest(wanted, found)).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'ends with all its processes when a launcher is lost, and starts again',
    async () => {
      const flags = services.flags('lost', [...(await twoLaunchers()), '--checkpoint-every', '100000']);
      await using program = await startProgram('training', flags);
      using client = createClient(training.TrainingServiceDefinition, program.address);
      await client.startJob({ jobId: 'lost', spec: await services.spec(50_000) });
      await reached(client, 'lost', 3);
      const first = processesOf(folder.path);
      expect(first.workers).toHaveLength(2);
      const [, launcher = NaN] = first.launchers;
      process.kill(launcher, 'SIGKILL');
      const before = new Set([...first.launchers, ...first.workers]);
      const isNew = (pid: number) => !before.has(pid);
      await expect
        .poll(() => processesOf(folder.path).workers.filter(isNew).length, { timeout: 120_000 })
        .toBe(2);
      const second = processesOf(folder.path);
      expect([...second.launchers, ...second.workers].filter((pid) => before.has(pid))).toEqual([]);
    },
    LIMIT_MS,
  );
});

/** The living Python processes that have an order of this folder. */
function processesOf(folder: string): { launchers: number[]; workers: number[] } {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const args = argumentsOf(pid);
      const isOurs = args[0]?.includes('python') === true && args.some((arg) => arg.startsWith(folder));
      return isOurs ? [{ pid: Number(pid), isLauncher: args.includes('torch.distributed.run') }] : [];
    });
  const of = (isLauncher: boolean) =>
    found.filter((one) => one.isLauncher === isLauncher).map(({ pid }) => pid);
  return { launchers: of(true), workers: of(false) };
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
