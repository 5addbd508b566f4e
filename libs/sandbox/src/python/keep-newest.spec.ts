import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepNewest } from './keep-newest.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'keep-newest-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (name: string, changedSeconds: number) => {
  writeFileSync(path.join(folder, name), name);
  utimesSync(path.join(folder, name), changedSeconds, changedSeconds);
};

it('keeps the files that were changed last and whatever has another name', () => {
  write('a.image', 300);
  write('b.image', 100);
  write('c.image', 200);
  write('d.image', 50);
  write('letter.txt', 1);
  keepNewest(folder, /\.image$/u, 2);
  expect(readdirSync(folder).sort()).toEqual(['a.image', 'c.image', 'letter.txt']);
});

it('removes nothing where there are no more than may stay', () => {
  write('a.image', 300);
  keepNewest(folder, /\.image$/u, 1);
  expect(readdirSync(folder)).toEqual(['a.image']);
});
