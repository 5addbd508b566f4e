import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { subscriberOf } from './subscriber-name.ts';

let folders: string[];

beforeEach(() => {
  folders = ['one', 'other'].map((name) => mkdtempSync(join(tmpdir(), `sipf-${name}-`)));
});

afterEach(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

it('gives a folder one name for ever, and no two folders the same', async () => {
  const names = await Promise.all(folders.map(subscriberOf));
  expect(await Promise.all(folders.map(subscriberOf))).toEqual(names);
  expect(new Set(names).size).toBe(2);
});

it('replaces what is not a name', async () => {
  const [folder = ''] = folders;
  writeFileSync(join(folder, '.subscriber'), 'a.b');
  const name = await subscriberOf(folder);
  expect(name).toMatch(/^[a-f0-9-]{36}$/);
  expect(await subscriberOf(folder)).toBe(name);
  expect(readdirSync(folder)).toEqual(['.subscriber']);
});
