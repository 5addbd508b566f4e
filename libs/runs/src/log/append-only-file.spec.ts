import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openAppendOnlyFile, readWholeLines, type LineRules } from './append-only-file.ts';

const rules: LineRules<unknown> = { remedy: 'delete it', read: (value) => ({ value }) };
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-log-'));
  path = join(folder, 'log.jsonl');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function write(...values: unknown[]): Promise<void> {
  const file = await openAppendOnlyFile(path, rules);
  await file.append(...values);
  await file.close();
}

async function read(): Promise<readonly unknown[]> {
  const file = await openAppendOnlyFile(path, rules);
  await file.close();
  return file.recovered;
}

it('reads back what was appended, over several openings', async () => {
  await write({ a: 1 }, { a: 2 });
  await write({ a: 'drei\n' });
  expect(await read()).toEqual([{ a: 1 }, { a: 2 }, { a: 'drei\n' }]);
});

it('keeps the acknowledged entries wherever the last write was torn', async () => {
  await write({ a: 'ä' }, { b: 2 });
  const whole = readFileSync(path);
  const firstLine = whole.indexOf('\n') + 1;
  for (let size = firstLine; size < whole.length; size++) {
    writeFileSync(path, whole);
    truncateSync(path, size);
    expect(await read()).toEqual([{ a: 'ä' }]);
    await write({ c: 3 });
    expect(await read()).toEqual([{ a: 'ä' }, { c: 3 }]);
  }
});

it.each([
  ['half a value', '{"a":', 'not JSON'],
  ['zeros', '\0\0\0\0', 'nothing but zeros'],
  ['bytes that are not UTF-8', Buffer.from('7b2261223a22ff227d', 'hex').toString('latin1'), 'not JSON'],
])('refuses a file with %s in its middle, and says which line and what to do', async (_, line, why) => {
  writeFileSync(path, `{"a":1}\n${line}\n{"a":3}\n`, 'latin1');
  const position = `${folder.split('/').at(-1) ?? ''}/log.jsonl:2`;
  await expect(read()).rejects.toMatchObject({ kind: 'data-loss', reason: 'LOG_CORRUPT' });
  await expect(read()).rejects.toThrow(`${position} is damaged (${why}): delete it`);
});

it('reads the values before the first damaged line, and says what that is', async () => {
  writeFileSync(path, '1\n2\nthree\n4\n');
  const { values, damage } = await readWholeLines(path, rules);
  expect(values).toEqual([1, 2]);
  expect(damage?.message).toContain('log.jsonl:3 is damaged');
});

it('keeps concurrent appends whole and in order', async () => {
  const file = await openAppendOnlyFile(path, rules);
  await Promise.all(Array.from({ length: 50 }, (_, index) => file.append(index)));
  await file.close();
  expect(await read()).toEqual(Array.from({ length: 50 }, (_, index) => index));
});

/** Makes the next append of any file write half of what it is given and find no room for the rest. */
async function fillDiskForOneAppend(): Promise<void> {
  const probe = await open('/dev/null');
  const methods = Object.getPrototypeOf(probe) as Record<'appendFile', unknown>;
  await probe.close();
  const original = methods.appendFile;
  methods.appendFile = async function (this: FileHandle, data: Uint8Array) {
    methods.appendFile = original;
    await this.appendFile(data.subarray(0, data.length / 2));
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
}

it('takes what is appended after there is room again, and nothing of what did not fit', async () => {
  const file = await openAppendOnlyFile(path, rules);
  await file.append(1);
  await fillDiskForOneAppend();
  const appended = [2, 3].map((value) => file.append(value));
  await expect(appended[0]).rejects.toMatchObject({ code: 'ENOSPC' });
  await appended[1];
  await file.close();
  expect(await read()).toEqual([1, 3]);
});
