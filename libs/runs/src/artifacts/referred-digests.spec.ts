import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { referredDigests } from './referred-digests.ts';

const digestOf = (sign: string): string => `sha256:${sign.repeat(64)}`;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-referred-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

it('finds what logs, journals, jobs and shared stages name, in folders however deep', async () => {
  write('a/log.jsonl', `{"model": "${digestOf('1')}+${digestOf('2')}"}\n{"data": "${digestOf('3')}"}\n`);
  write('a/stages/sample-1.jsonl', digestOf('4'));
  write('a/state/training/jobs/1/spec.json', digestOf('5'));
  expect(await referredDigests(folder)).toEqual(new Set(['1', '2', '3', '4', '5'].map(digestOf)));
});

it('takes no word for a digest that is none, and reads only files of JSON', async () => {
  write('a/log.jsonl', `sha256:${'1'.repeat(63)} sha256:${'G'.repeat(64)} ${'2'.repeat(64)}`);
  write('a/notes.txt', digestOf('3'));
  write('a/log.jsonl.bak', digestOf('4'));
  mkdirSync(join(folder, 'a/folder.json'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'a/lost.json'));
  expect(await referredDigests(folder)).toEqual(new Set());
});

it.each(['artifacts', 'logs', 'models', 'report', 'nats'])(
  'does not look into %s, but into a file of that name',
  async (name) => {
    write(`a/${name}/x.json`, digestOf('1'));
    write(`b/${name}.json`, digestOf('2'));
    expect(await referredDigests(folder)).toEqual(new Set([digestOf('2')]));
  },
);
