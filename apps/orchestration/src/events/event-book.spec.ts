import { summedLine } from '@sipf/artifacts';
import { acquireLease } from '@sipf/runs';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { everyTurnedBit } from '../testing/turned-bits.ts';
import { beginEventBook, noteDelivery, readEventBook } from './event-book.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-events-'));
  path = join(folder, 'events.jsonl');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const event = (index: number, deliveredAt = '2026-01-01T00:00:01.000Z') => ({
  id: `run/${index}/0`,
  iteration: 1,
  name: 'sampled',
  occurredAt: '2026-01-01T00:00:00.000Z',
  deliveredAt,
});

it('has every event once, as it was delivered first, over any number of beginnings', async () => {
  await beginEventBook(folder);
  expect(await readEventBook(folder)).toEqual(new Map());
  expect(await noteDelivery(folder, event(1))).toBe(true);
  expect(await noteDelivery(folder, event(2))).toBe(true);
  await beginEventBook(folder);
  expect(await noteDelivery(folder, event(1, '2026-02-02T00:00:00.000Z'))).toBe(false);
  expect([...((await readEventBook(folder))?.values() ?? [])]).toEqual([event(1), event(2)]);
  expect(readdirSync(folder)).toEqual(['events.jsonl', 'events.jsonl.lease']);
});

it('cuts a torn line off and notes that event when it is delivered again', async () => {
  await beginEventBook(folder);
  await noteDelivery(folder, event(1));
  const whole = readFileSync(path, 'utf8');
  appendFileSync(path, '{"id":"run/2/0","iter');
  expect([...((await readEventBook(folder))?.keys() ?? [])]).toEqual(['run/1/0']);
  expect(await noteDelivery(folder, event(2))).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe(`${whole}${summedLine(JSON.stringify(event(2)))}\n`);
});

it('notices every bit that is turned over', async () => {
  await beginEventBook(folder);
  for (const index of [1, 2]) await noteDelivery(folder, event(index));
  await everyTurnedBit(path, async () => {
    await expect(readEventBook(folder)).rejects.toMatchObject({ reason: 'LOG_CORRUPT' });
  });
});

it('reads and continues a book from before checksums', async () => {
  writeFileSync(path, `${JSON.stringify(event(1))}\n`);
  expect(await noteDelivery(folder, event(1))).toBe(false);
  expect(await noteDelivery(folder, event(2))).toBe(true);
  expect([...((await readEventBook(folder))?.values() ?? [])]).toEqual([event(1), event(2)]);
  await everyTurnedBit(
    path,
    async () => {
      await expect(readEventBook(folder)).rejects.toMatchObject({ reason: 'LOG_CORRUPT' });
    },
    readFileSync(path).indexOf('\n'),
  );
});

it.each([
  ['no event', '{"id":"run/1/0"}'],
  ['another kind of time', JSON.stringify({ ...event(1), deliveredAt: 'yesterday' })],
])('refuses a line that has %s', async (_, line) => {
  writeFileSync(path, `${line}\n`);
  await expect(readEventBook(folder)).rejects.toThrow(
    /events\.jsonl:1 is damaged \(not a delivered event: .*\): it is safe to/,
  );
});

it('notes nothing of a run without a book, or without a folder', async () => {
  for (const path of [folder, join(folder, 'never')]) {
    expect(await noteDelivery(path, event(1))).toBe(false);
    expect(await readEventBook(path)).toBeUndefined();
  }
  expect(existsSync(path)).toBe(false);
});

it('is written to by one at a time', async () => {
  await beginEventBook(folder);
  const lease = await acquireLease(`${path}.lease`);
  const noted = noteDelivery(folder, event(1));
  expect(await Promise.race([noted, sleep(100)])).toBeUndefined();
  expect(await readEventBook(folder)).toEqual(new Map());
  await lease.release();
  expect(await noted).toBe(true);
});
