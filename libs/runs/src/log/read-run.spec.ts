import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { layoutIn } from '../folder/run-layout.ts';
import { acquireLease } from '../lease/file-lease.ts';
import { readReadableRun, readRun, readRuns, readWholeRun } from './read-run.ts';
import { openRunLog, readRunLog } from './run-log.ts';

const at = (second: number) => `2026-01-02T03:04:${String(second).padStart(2, '0')}.000Z`;
const config = parseRunConfig(SMALL_RUN);
const STARTED = { index: 0, at: at(0), kind: 'run-started', runId: 'x', commit: 'c', config };
const RESULT = { outputs: { train: 'sha256:1' }, counts: { train: 5 }, figures: { share: null } };
const STAGES = [
  { index: 1, at: at(1), kind: 'stage-started', stage: 'data' },
  { index: 2, at: at(3), kind: 'stage-completed', stage: 'data', result: RESULT },
  { index: 3, at: at(3), kind: 'stage-started', stage: 'sft-0' },
];
let runs: string;

beforeEach(() => {
  runs = mkdtempSync(join(tmpdir(), 'sipf-read-run-'));
});

afterEach(() => {
  rmSync(runs, { recursive: true });
});

function writeRun(id: string, entries: readonly unknown[], tail = ''): string {
  const folder = join(runs, id);
  mkdirSync(folder);
  writeFileSync(layoutIn(folder).log, entries.map((entry) => `${JSON.stringify(entry)}\n`).join('') + tail);
  return folder;
}

it.each([
  ['interrupted', undefined],
  ['succeeded', { kind: 'run-succeeded' }],
  ['failed', { kind: 'run-failed', failure: 'no space', reason: 'X' }],
  ['cancelled', { kind: 'run-cancelled' }],
  ['interrupted', { kind: 'run-resumed' }],
])('sees a run as %s', async (standing, last) => {
  writeRun('x', [STARTED, ...STAGES, ...(last === undefined ? [] : [{ index: 4, at: at(9), ...last }])]);
  expect(await readRun(runs, 'x')).toMatchObject({ standing, startedAt: at(0) });
});

it('sees a run as running while a living process holds its lease, and may be about to resume one that failed', async () => {
  const failed = { index: 4, at: at(9), kind: 'run-failed', failure: 'no space', reason: 'X' };
  const lease = await acquireLease(layoutIn(writeRun('x', [STARTED, ...STAGES, failed])).lease);
  expect((await readRun(runs, 'x')).standing).toBe('running');
  await lease.release();
  expect(await readRun(runs, 'x')).toMatchObject({ standing: 'failed', failure: 'no space' });
});

it('gives the stages with their times and results; a lost one has none any more', async () => {
  const lost = { index: 4, at: at(9), kind: 'stage-lost', stage: 'data', why: 'is missing' };
  writeRun('x', [STARTED, ...STAGES]);
  writeRun('y', [STARTED, ...STAGES, lost]);
  const result = { ...RESULT, figures: { share: NaN } };
  const nothing = { outputs: {}, counts: {}, figures: {} };
  expect((await readRun(runs, 'x')).stages).toEqual([
    { id: 'data', startedAt: at(1), completedAt: at(3), ...result },
    { id: 'sft-0', startedAt: at(3), ...nothing },
  ]);
  expect((await readRun(runs, 'y')).stages[0]).toEqual({ id: 'data', startedAt: at(1), ...nothing });
});

it('leaves out a line that is still being written', async () => {
  writeRun('x', [STARTED, ...STAGES], '{"index":4,"kind":"run-suc');
  expect(await readRun(runs, 'x')).toMatchObject({ standing: 'interrupted', entries: 4 });
});

it('shows a run with a configuration of another version, without that', async () => {
  writeRun('x', [{ ...STARTED, config: { method: 'sipf' } }, ...STAGES]);
  expect(await readRun(runs, 'x')).toMatchObject({ standing: 'interrupted', config: undefined });
});

it.each([
  ['its middle damaged', [STARTED, { ...STAGES[0], index: 7 }], /x\/log\.jsonl:2 is damaged/, 1],
  ['its start missing', [{ ...STAGES[0], index: 0 }], /x\/log\.jsonl:1 is damaged \(it is not the start/, 0],
])('shows a run with %s as damaged, as far as it can be read', async (_, entries, words, whole) => {
  writeRun('x', entries);
  const { standing, failure, entries: count } = await readRun(runs, 'x');
  expect({ standing, count }).toEqual({ standing: 'damaged', count: whole });
  expect(failure).toMatch(words);
  await expect(readWholeRun(runs, 'x')).rejects.toThrow(words);
});

it.skipIf(process.getuid?.() === 0)('shows a run whose log may not be read as damaged', async () => {
  chmodSync(layoutIn(writeRun('x', [STARTED])).log, 0);
  expect((await readRun(runs, 'x')).failure).toContain('x/log.jsonl cannot be read (EACCES)');
});

it.each([
  [
    'emptied',
    (log: string) => {
      truncateSync(log);
    },
    /^x\/log\.jsonl is empty, and the run had begun: restore it/,
  ],
  [
    'cut within its first line',
    (log: string) => {
      truncateSync(log, 9);
    },
    /^x\/log\.jsonl is empty/,
  ],
  [
    'deleted',
    (log: string) => {
      rmSync(log);
    },
    /^x\/log\.jsonl is missing, and the run had begun/,
  ],
])('shows a run whose log was %s as damaged, once something came after its start', async (_, lose, words) => {
  const { log, events, stages } = layoutIn(writeRun('x', [STARTED, ...STAGES]));
  lose(log);
  // A start that was killed leaves as much.
  expect(await readRuns(runs)).toEqual([]);
  for (const later of [events, stages]) {
    mkdirSync(later);
    expect(await readRuns(runs)).toMatchObject([
      { id: 'x', standing: 'damaged', failure: expect.stringMatching(words) as string },
    ]);
    await expect(openRunLog(join(runs, 'x'), () => 0)).rejects.toMatchObject({ reason: 'LOG_CORRUPT' });
    rmSync(later, { recursive: true });
  }
});

it('passes over a file where folders of runs are', async () => {
  writeFileSync(join(runs, 'notes'), '');
  expect(await readRuns(runs)).toEqual([]);
  expect(await readRuns(join(runs, 'notes'))).toEqual([]);
});

it.skipIf(process.getuid?.() === 0)(
  'shows a run whose folder may not be looked into as damaged',
  async () => {
    const folder = writeRun('x', [STARTED]);
    chmodSync(folder, 0);
    const [run] = await readRuns(runs);
    chmodSync(folder, 0o755);
    expect(run).toMatchObject({
      ...{ id: 'x', standing: 'damaged' },
      failure: expect.stringContaining('x/log.jsonl cannot be read (EACCES)') as string,
    });
  },
);

it('lists runs by id, and only folders that hold one', async () => {
  writeRun('b', [STARTED, ...STAGES]);
  writeRun('a', [STARTED, { index: 1, at: at(2), kind: 'run-succeeded' }]);
  mkdirSync(join(runs, 'other'));
  const found = await readRuns(runs);
  expect(found.map(({ id, standing }) => [id, standing])).toEqual([
    ['a', 'succeeded'],
    ['b', 'interrupted'],
  ]);
  expect(await readRuns(join(runs, 'none'))).toEqual([]);
  await expect(readRun(runs, 'other')).rejects.toMatchObject({ kind: 'not-found', reason: 'RUN_NOT_FOUND' });
});

it('has a run with its configuration, and refuses one whose configuration is of another version', async () => {
  writeRun('x', [STARTED, ...STAGES]);
  expect(await readReadableRun(runs, 'x')).toMatchObject({ id: 'x', config });
  writeRun('old', [{ ...STARTED, config: { method: 'unheard-of' } }]);
  expect(await readRun(runs, 'old')).toMatchObject({ id: 'old', config: undefined });
  await expect(readReadableRun(runs, 'old')).rejects.toMatchObject({
    kind: 'failed-precondition',
    reason: 'CONFIG_UNREADABLE',
    message: 'the configuration of run old is not one of this version',
  });
});

it('shows a run with a pipe in the place of its log as damaged, and waits for nothing', async () => {
  const { log } = layoutIn(writeRun('x', [STARTED]));
  rmSync(log);
  execFileSync('mkfifo', [log]);
  writeRun('y', [STARTED]);
  const [x, y] = await readRuns(runs);
  expect(x).toMatchObject({
    id: 'x',
    standing: 'damaged',
    failure: expect.stringMatching(/is a pipe/) as string,
  });
  expect(y).toMatchObject({ id: 'y', standing: 'interrupted' });
});

it('says why the file of a log cannot be read, and shows its run as damaged', async () => {
  mkdirSync(layoutIn(join(runs, 'shut')).log, { recursive: true });
  const { entries, damage } = await readRunLog(join(runs, 'shut'));
  expect(entries).toEqual([]);
  expect(damage).toMatchObject({
    kind: 'data-loss',
    reason: 'LOG_CORRUPT',
    message: expect.stringMatching(/^shut\/log\.jsonl is a folder, not a file: move it away; /) as string,
  });
  expect(await readRun(runs, 'shut')).toEqual({
    ...{ id: 'shut', standing: 'damaged', failure: damage?.message, config: undefined, commit: '' },
    ...{ startedAt: '', lastAt: '', otherCode: [], stages: [], entries: 0 },
  });
});

it('finds no run where there is no folder, and passes over what is no folder of a run', async () => {
  expect(await readRuns(join(runs, 'nowhere'))).toEqual([]);
  writeRun('x', [STARTED]);
  mkdirSync(join(runs, 'notes'));
  expect((await readRuns(runs)).map(({ id }) => id)).toEqual(['x']);
  await expect(readRun(runs, 'notes')).rejects.toMatchObject({
    kind: 'not-found',
    message: `there is no run notes in ${runs}`,
  });
});
