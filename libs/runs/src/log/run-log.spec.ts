import { LOG_FORMAT } from '@sipf/contracts';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { someResult } from '../testing/index.ts';
import type { RunEntry, RunEvent } from './entries.ts';
import { countedSteps, logText, openRunLog, readRunLog, toEntries } from './run-log.ts';
import { foldRun } from './run-state.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-run-log-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('shows nobody an entry that is not on disk, and numbers entries in the order of the file', async () => {
  const log = await openRunLog(folder, () => 0);
  const onDisk = () => readFileSync(join(folder, 'log.jsonl'), 'utf8').split('\n').length - 1;
  const appends = ['a', 'b', 'c'].map(async (stage) => {
    const { index } = await log.append({ kind: 'stage-started', stage });
    expect(log.entries.length).toBeLessThanOrEqual(onDisk());
    return index;
  });
  expect(log.entries).toEqual([]);
  expect(await Promise.all(appends)).toEqual([0, 1, 2]);
  expect(log.entries.map(({ index }) => index)).toEqual([0, 1, 2]);
  await log.close();
});

const result = {
  outputs: { model: `sha256:${'0'.repeat(64)}` },
  counts: { made: 12 },
  figures: { loss: 0.5 },
};
const EVENTS: readonly RunEvent[] = [
  { kind: 'run-started', runId: 'x', config: { seed: 7 } as never, commit: 'c0ffee', owner: 'Zoë' },
  { kind: 'stage-started', stage: 'data' },
  { kind: 'stage-completed', stage: 'data', result },
  { kind: 'run-resumed', otherCode: 'sipf 2 after sipf 1' },
  { kind: 'run-failed', failure: 'no', reason: 'NO' },
];

async function writeEvents(events: readonly RunEvent[]): Promise<Buffer> {
  const log = await openRunLog(folder, () => 0);
  for (const event of events) await log.append(event);
  await log.close();
  return readFileSync(join(folder, 'log.jsonl'));
}

const withoutSums = (log: Buffer): string => log.toString().replaceAll(/,"crc32":"\w{8}"/g, '');

it('notices every bit that is turned over in a log, whatever it says then', async () => {
  const whole = await writeEvents(EVENTS);
  for (let at = 0; at < whole.length; at++) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(join(folder, 'log.jsonl'), bytes);
    const { damage } = await readRunLog(folder);
    expect(damage?.reason, `byte ${at}: ${bytes.toString()}`).toBe('LOG_CORRUPT');
  }
});

it('takes a line that was being written for nothing, and reads logs of before there were checksums', async () => {
  const whole = await writeEvents(EVENTS);
  const { entries } = await readRunLog(folder);
  const { epoch } = entries[2] ?? {};
  expect(entries[2]).toEqual({ index: 2, at: new Date(0).toISOString(), epoch, ...EVENTS[2] });
  expect(epoch).toBeGreaterThan(0);
  for (const left of [1, 2, 10, 30]) {
    writeFileSync(join(folder, 'log.jsonl'), whole.subarray(0, -left));
    expect(await readRunLog(folder)).toMatchObject({ damage: undefined, entries: { length: 4 } });
  }
  const older = withoutSums(whole);
  writeFileSync(join(folder, 'log.jsonl'), older);
  expect((await readRunLog(folder)).damage).toBeUndefined();
  const resumed = (await writeEvents([{ kind: 'run-resumed' }, { kind: 'run-cancelled' }])).toString();
  expect(resumed.startsWith(older)).toBe(true);
  expect(resumed.match(/crc32/g)).toHaveLength(2);
  expect((await readRunLog(folder)).entries.slice(0, 5)).toEqual(entries.slice(0, 5));
});

describe('names of results', () => {
  const started = (format: object): RunEvent => ({
    ...{ kind: 'run-started', runId: 'x', config: { seed: 7 } as never, commit: 'c' },
    ...format,
  });
  const evaluated = (counts: Record<string, number>): RunEvent => ({
    ...{ kind: 'stage-completed', stage: 'evaluate-0' },
    result: { ...someResult('evaluate-0'), counts },
  });
  const right = { correct: 3, total: 4 };

  it.each([
    ['a misspelt one', { corect: 3, ...right }, 'result.counts.corect is an unknown name'],
    ['a missing one', { total: 4 }, 'result.counts.correct is missing'],
  ])('has a run be damaged by %s, with the line and the field', async (_, counts, why) => {
    await writeEvents([started({ format: LOG_FORMAT }), evaluated(right), evaluated(counts)]);
    const { entries, damage } = await readRunLog(folder);
    expect(entries).toHaveLength(2);
    expect(damage).toMatchObject({ kind: 'data-loss', reason: 'LOG_CORRUPT' });
    expect(damage?.message).toContain(`/log.jsonl:3 is damaged (stage evaluate-0: ${why}): restore the file`);
    await expect(openRunLog(folder, () => 0)).rejects.toMatchObject({ reason: 'LOG_CORRUPT' });
  });

  it('reads a log of before there was a format, and is strict from where a newer program resumed it', async () => {
    const old = [started({}), evaluated({ right: 3, total: 4 })];
    await writeEvents(old);
    expect(await readRunLog(folder)).toMatchObject({ damage: undefined, entries: { length: 2 } });
    await writeEvents([{ kind: 'run-resumed', format: LOG_FORMAT }, evaluated(right)]);
    expect((await readRunLog(folder)).damage).toBeUndefined();
    await writeEvents([evaluated({ right: 3, total: 4 })]);
    expect((await readRunLog(folder)).damage?.message).toContain('/log.jsonl:5 is damaged');
  });
});

it('writes a whole log as the text of its file, and reads what another process reports of it', async () => {
  const file = await writeEvents(EVENTS);
  const { entries } = await readRunLog(folder);
  // The name of the run is that of its folder.
  expect(logText([{ ...entries[0], runId: 'x', begunAs: undefined } as RunEntry, ...entries.slice(1)])).toBe(
    file.toString(),
  );
  expect(toEntries(JSON.parse(JSON.stringify(entries)) as unknown[], 'x')).toEqual(entries);
});

it('knows what a run was called when it began, where its folder is called otherwise', async () => {
  await writeEvents(EVENTS);
  const [first] = (await readRunLog(folder)).entries;
  expect(first).toMatchObject({ runId: basename(folder), begunAs: 'x' });
  expect(foldRun([first as RunEntry])?.begunAs).toBe('x');
});

it.each([
  [
    'numbered wrongly',
    { index: 3, at: new Date(0).toISOString(), kind: 'run-cancelled' },
    'numbered 3, where 1',
  ],
  [
    'of an unknown kind',
    { index: 1, at: new Date(0).toISOString(), kind: 'run-lost' },
    'not an entry of a log',
  ],
  ['without a time', { index: 1, kind: 'run-cancelled' }, 'not an entry of a log: at '],
])('names an entry that is %s', async (_, entry, why) => {
  await writeEvents(EVENTS);
  const { entries } = await readRunLog(folder);
  expect(() => toEntries([entries[0], entry], 'x')).toThrow(
    expect.objectContaining({
      kind: 'data-loss',
      message: expect.stringMatching(
        new RegExp(`^entry 1 of the log of run x cannot be read: .*${why}`),
      ) as string,
      reason: 'LOG_CORRUPT',
    }),
  );
});

it('counts the steps of trainings, and none of a stage that was lost', () => {
  const completed = (stage: string, steps?: number): RunEvent => ({
    ...{ kind: 'stage-completed', stage, result },
    ...(steps === undefined ? {} : { steps }),
  });
  const events = [completed('sft-0', 5), completed('data'), completed('align-1', 7), completed('sft-0', 6)];
  const lost: RunEvent = { kind: 'stage-lost', stage: 'align-1', why: 'is missing' };
  const entries = [...events, lost].map((event, index) => ({ index, at: '', ...event }));
  expect([...countedSteps(entries)]).toEqual([['sft-0', 6]]);
});

it('refuses the format of a newer program, and says which one wrote it', async () => {
  const program = { version: '9.0.0', settings: '' };
  await writeEvents([{ ...EVENTS[0], format: LOG_FORMAT + 1, program } as RunEvent]);
  const { damage } = await readRunLog(folder);
  expect(damage).toMatchObject({ kind: 'failed-precondition', reason: 'FORMAT_UNKNOWN' });
  expect(damage?.message).toContain('log.jsonl');
  expect(damage?.message).toContain('sipf 9.0.0');
});

it('reads and continues a log from before there were leases, and refuses the entry of a writer that came too late', async () => {
  const entry = (index: number, epoch?: number): RunEntry => ({
    ...{ index, at: new Date(0).toISOString() },
    ...(epoch === undefined ? {} : { epoch }),
    ...(index === 0 ? (EVENTS[0] as RunEvent) : { kind: 'run-resumed' }),
  });
  const later = Math.floor(Date.now() / 1000) + 1_000_000;
  writeFileSync(join(folder, 'log.jsonl'), logText([entry(0), entry(1, later)]));
  const log = await openRunLog(folder, () => 0);
  expect((await log.append({ kind: 'run-cancelled' })).epoch).toBe(later + 1);
  await log.close();
  expect((await readRunLog(folder)).entries.map(({ epoch }) => epoch)).toEqual([undefined, later, later + 1]);
  writeFileSync(join(folder, 'log.jsonl'), logText([entry(0), entry(1, 5), entry(2, 4)]));
  const { entries, damage } = await readRunLog(folder);
  expect(entries).toHaveLength(2);
  expect(damage?.message).toContain('log.jsonl:3 is damaged (it is of epoch 4, after one of epoch 5)');
});
