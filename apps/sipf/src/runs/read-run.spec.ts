import { summedLine } from '@sipf/artifacts';
import { identityOf } from '@sipf/runs';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { temporaryFolder, type TemporaryFolder } from '../testing/temporary-folder.ts';
import { readRun, readRuns } from './read-run.ts';
import { describeRun, listRuns } from './run-tables.ts';

const at = (second: number) => `2026-01-02T03:04:${String(second).padStart(2, '0')}.000Z`;
const STARTED = { index: 0, at: at(0), kind: 'run-started', runId: 'x', config: {} };
const STAGES = [
  { index: 1, at: at(1), kind: 'stage-started', stage: 'data' },
  {
    index: 2,
    at: at(3),
    kind: 'stage-completed',
    stage: 'data',
    result: { outputs: {}, counts: { train: 5 }, figures: {} },
  },
  { index: 3, at: at(3), kind: 'stage-started', stage: 'sft-0' },
];

function writeRun(folder: TemporaryFolder, id: string, entries: readonly unknown[], tail = ''): void {
  mkdirSync(`${folder.path}/${id}`);
  folder.write(`${id}/log.jsonl`, entries.map((entry) => `${JSON.stringify(entry)}\n`).join('') + tail);
}

it.each([
  ['interrupted', undefined],
  ['succeeded', { kind: 'run-succeeded' }],
  ['failed', { kind: 'run-failed', failure: 'no space', reason: 'X' }],
  ['cancelled', { kind: 'run-cancelled' }],
  ['interrupted', { kind: 'run-resumed' }],
])('sees a run as %s', async (standing, last) => {
  using folder = temporaryFolder();
  const entries = [STARTED, ...STAGES, ...(last === undefined ? [] : [{ index: 4, at: at(9), ...last }])];
  writeRun(folder, 'x', entries);
  expect(await readRun(folder.path, 'x')).toMatchObject({ standing, startedAt: at(0) });
});

it('sees a run as running while a living process holds its lock', async () => {
  using folder = temporaryFolder();
  writeRun(folder, 'x', [STARTED, ...STAGES]);
  folder.write('x/lock', JSON.stringify(identityOf(process.pid)));
  expect((await readRun(folder.path, 'x')).standing).toBe('running');
  folder.write('x/lock', JSON.stringify({ pid: process.pid, startTicks: 'of another' }));
  expect((await readRun(folder.path, 'x')).standing).toBe('interrupted');
});

it('leaves out a line that is still being written', async () => {
  using folder = temporaryFolder();
  writeRun(folder, 'x', [STARTED, ...STAGES], '{"index":4,"kind":"run-suc');
  expect((await readRun(folder.path, 'x')).standing).toBe('interrupted');
});

it('sees a run as damaged whichever bit of its log is turned over', async () => {
  using folder = temporaryFolder();
  const entries = [STARTED, ...STAGES, { index: 4, at: at(9), kind: 'run-cancelled' }];
  mkdirSync(`${folder.path}/x`);
  folder.write('x/log.jsonl', entries.map((entry) => `${summedLine(JSON.stringify(entry))}\n`).join(''));
  expect((await readRun(folder.path, 'x')).standing).toBe('cancelled');
  const whole = readFileSync(`${folder.path}/x/log.jsonl`);
  for (let at = 0; at < whole.length; at++) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(`${folder.path}/x/log.jsonl`, bytes);
    expect((await readRun(folder.path, 'x')).standing, `byte ${at}: ${bytes.toString()}`).toBe('damaged');
  }
});

it('tells the stages with their times and what they made', async () => {
  using folder = temporaryFolder();
  writeRun(folder, 'x', [STARTED, ...STAGES]);
  expect(describeRun(await readRun(folder.path, 'x')).split('\n')).toEqual([
    'run x: interrupted, started 2026-01-02 03:04',
    '',
    'stage  state       time   counts and figures',
    'data   done        2.0 s  train 5',
    'sft-0  unfinished',
    '',
    'go on with it by `sipf resume x`',
  ]);
});

it('lists runs by id, and only folders that hold one', async () => {
  using folder = temporaryFolder();
  writeRun(folder, 'b', [STARTED, ...STAGES]);
  writeRun(folder, 'a', [STARTED, { index: 1, at: at(2), kind: 'run-succeeded' }]);
  mkdirSync(`${folder.path}/other`);
  const lines = listRuns(await readRuns(folder.path)).split('\n');
  expect(lines.map((line) => line.trim().split(/\s+/).slice(0, 2))).toEqual([
    ['run', 'state'],
    ['a', 'succeeded'],
    ['b', 'interrupted'],
  ]);
  expect(lines[2]).toMatch(/sft-0$/);
  expect(await readRuns(`${folder.path}/none`)).toEqual([]);
});

it('says that there is no such run', async () => {
  using folder = temporaryFolder();
  await expect(readRun(folder.path, 'x')).rejects.toMatchObject({
    kind: 'not-found',
    reason: 'RUN_NOT_FOUND',
  });
});
