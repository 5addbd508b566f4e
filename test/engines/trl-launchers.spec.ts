import { training } from '@sipf/contracts';
import { createClient } from '@sipf/service';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../run/step.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryFolder } from '../support/models.ts';
import { startProgram } from '../support/start-program.ts';
import { isAbsent } from './support/sharded-trainer.ts';
import { follow, furthest, LIMIT_MS, reached, TrlServices } from './support/trl-service.ts';

const python = process.env['PEER_PYTHON'] ?? '';

describe.skipIf(isAbsent('ddp'))('a training by TRL of two launchers, as two machines have', () => {
  const folder = temporaryFolder();
  let services: TrlServices;

  beforeAll(() => {
    services = new TrlServices(folder.path);
  });
  afterAll(folder.remove);

  /** Flags of a service whose trainer is launchers of two machines, one for each meeting; it ends when they have. */
  function launchersAt(...meetings: readonly string[]): string[] {
    const path = join(
      folder.path,
      `launchers-${createHash('sha256').update(meetings.join()).digest('hex')}.sh`,
    );
    const starts = meetings.flatMap((endpoint, index) => {
      const meeting = `--rdzv-backend=c10d --rdzv-endpoint=${endpoint} --rdzv-id=two`;
      const launch = `${python} "$(dirname "$SIPF_TRAINER_SCRIPT")/launch.py" --nnodes=2 --nproc-per-node=1`;
      return [`${launch} ${meeting} "$1" <&3 &`, `launcher${index}=$!`];
    });
    const ends = meetings.map((_, index) => `wait $launcher${index} || failed=1`);
    const lines = ['#!/bin/sh', 'exec 3<&0', 'failed=0', ...starts, ...ends, 'exit $failed', ''];
    writeFileSync(path, lines.join('\n'), { mode: 0o755 });
    return ['--trainer', 'trl', '--trainer-command', path, '--trainer-processes', '2'];
  }

  async function twoLaunchers(): Promise<string[]> {
    const endpoint = `127.0.0.1:${await freePort()}`;
    return launchersAt(endpoint, endpoint);
  }

  /** What a job failed with whose launchers waited a little for each other. */
  async function failureOf(jobId: string, flags: readonly string[]): Promise<string> {
    const briefly = ['env', 'SIPF_TRAINER_MEET_SECONDS=5'];
    await using program = await startProgram('training', services.flags(jobId, flags), briefly);
    using client = createClient(training.TrainingServiceDefinition, program.address);
    await client.startJob({ jobId, spec: await services.spec(3) });
    const { job } = await follow(client, jobId);
    expect(job?.state, program.log()).toBe(training.JobState.FAILED);
    return job?.failure ?? '';
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
    'fails where a launcher is missing, or is elsewhere, and says where it waited and what to do',
    async () => {
      const [here, there] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
      const cases = { missing: launchersAt(here), elsewhere: launchersAt(here, there) };
      for (const [jobId, flags] of Object.entries(cases)) {
        const failure = await failureOf(jobId, flags);
        expect(failure).toContain(`waited at ${here}`);
        expect(failure).toContain('start a launcher on every machine with the same --nnodes, --rdzv-id');
        expect(failure).toContain('SIPF_TRAINER_MEET_SECONDS');
        expect(processesOf(folder.path)).toEqual({ launchers: [], workers: [] });
      }
    },
    LIMIT_MS,
  );

  it(
    'names the process that did not come to those that wait for it',
    async () => {
      const port = await freePort();
      const waits = (rank: number) => {
        const progressFile = join(folder.path, `rank-${rank}.jsonl`);
        const order = { progressFile, processes: 2, sharding: 'ddp', offloadActivations: false };
        const orderFile = join(folder.path, `rank-${rank}.json`);
        const settings = { quantisation: 'none', optimisation: { precision: 'float32' } };
        writeFileSync(orderFile, JSON.stringify({ ...order, ...settings }));
        const env = {
          RANK: String(rank),
          WORLD_SIZE: '2',
          MASTER_ADDR: '127.0.0.1',
          MASTER_PORT: String(port),
        };
        const { status } = spawnSync(python, [join(root, 'apps/training/trl/train.py'), orderFile], {
          env: { ...process.env, ...env, SIPF_TRAINER_MEET_SECONDS: '2' },
        });
        const events = readFileSync(progressFile, 'utf8').trim().split('\n');
        return [status, JSON.parse(events.at(-1) ?? '') as object];
      };
      const told = (words: string) => [
        1,
        { event: 'failed', reason: 'TRAINER_FAILED', message: expect.stringContaining(words) as string },
      ];
      const [first, second] = [waits(0), waits(1)];
      const at = `waited at 127.0.0.1:${port} and`;
      expect(first).toEqual(told(`rank 0 ${at} of 2 processes rank 1 did not come`));
      expect(second).toEqual(told(`rank 1 ${at} the process that keeps the meeting did not come`));
    },
    LIMIT_MS,
  );

  // One of them keeps the meeting, whichever was first.
  it.each([0, 1])(
    'ends with all its processes when launcher %i is lost, and starts again',
    async (which) => {
      const jobId = `lost-${which}`;
      const flags = services.flags(jobId, [...(await twoLaunchers()), '--checkpoint-every', '100000']);
      await using program = await startProgram('training', flags);
      using client = createClient(training.TrainingServiceDefinition, program.address);
      await client.startJob({ jobId, spec: await services.spec(50_000) });
      await reached(client, jobId, 3);
      const first = processesOf(folder.path);
      expect(first.workers).toHaveLength(2);
      process.kill(first.launchers[which] ?? NaN, 'SIGKILL');
      const before = new Set([...first.launchers, ...first.workers]);
      const isNew = (pid: number) => !before.has(pid);
      await expect
        .poll(() => processesOf(folder.path).workers.filter(isNew).length, { timeout: 400_000 })
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
      return isOurs
        ? [{ pid: Number(pid), isLauncher: args.some((arg) => arg.endsWith('/trl/launch.py')) }]
        : [];
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
