import { orchestration, parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { createClient, type ServiceClient } from '@sipf/service';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mountSmallDisk } from '../../chaos/system/small-disk.ts';
import { temporaryFolder } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
// A store on a disk of its own, which nobody holds a file open on between two writes.
const disk = mountSmallDisk(join(folder.path, 'disk'), 8);
const title = disk === undefined ? ' (skipped: this user may mount no disk)' : '';

afterAll(() => {
  disk?.[Symbol.dispose]();
  folder.remove();
});

const task = {
  name: 'arithmetic',
  ...{ trainProblems: 10, loopQuestions: 5, testQuestions: 5, simulatorProblems: 5 },
};
const config = (seed: number): string =>
  JSON.stringify(
    parseRunConfig({ ...SMALL_RUN, sft: { learningRate: 1e-3, warmupRatio: 0 }, seed, method: 'sft', task }),
  );

describe.skipIf(disk === undefined)(`a disk that takes nothing${title}`, () => {
  let program: RunningProgram;
  let client: ServiceClient<orchestration.OrchestrationServiceDefinition>;

  beforeAll(async () => {
    mkdirSync(join(folder.path, 'runs'));
    const nobody = ['generation', 'simulation', 'verification', 'training'].flatMap((name) => [
      `--${name}`,
      '127.0.0.1:1',
    ]);
    const folders = ['--runs', join(folder.path, 'runs'), '--artifacts', join(disk?.path ?? '', 'store')];
    program = await startProgram('orchestration', [...folders, ...nobody]);
    client = createClient(orchestration.OrchestrationServiceDefinition, program.address);
  });

  afterAll(async () => {
    client.close();
    await program[Symbol.asyncDispose]();
  });

  it.each([
    [
      'full',
      /no room is left on a disk of the orchestration service/,
      () => {
        disk?.fill();
      },
      () => {
        disk?.makeRoom();
      },
    ],
    [
      'read-only',
      /a disk of the orchestration service is read-only/,
      () => {
        remount('ro');
      },
      () => {
        remount('rw');
      },
    ],
  ])(
    'is said while it is %s, to who follows a run and to who asks, and the run continues afterwards',
    async (name, words, spoil, mend) => {
      const runId = `run-${name}`;
      spoil();
      await client.startRun({ runId, configJson: config(name.length) });
      const said: string[] = [];
      const stop = new AbortController();
      const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(30_000)]);
      for await (const { event } of client.watchRun({ runId }, { signal })) {
        if (event?.$case === 'waiting') said.push(event.value.why);
        if (said.length === 1 && event?.$case === 'waiting') {
          expect((await client.getRun({ runId })).run?.failure).toMatch(words);
          const { runs } = await client.listRuns({});
          expect(runs.find(({ id }) => id === runId)?.failure).toMatch(words);
          mend();
        }
        if (event?.$case === 'entry' && event.value.kind === 'stage-completed') break;
      }
      expect(said[0]).toMatch(words);
      expect(said.at(-1)).toBe('');
      await client.cancelRun({ runId });
    },
  );

  function remount(mode: 'ro' | 'rw'): void {
    const { status, stderr } = spawnSync('mount', ['-o', `remount,${mode}`, disk?.path ?? ''], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
  }
});
