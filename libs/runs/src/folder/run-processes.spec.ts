import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readRunProcesses, removeRunProcesses, writeRunProcesses } from './run-processes.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-processes-'));
  file = join(folder, 'processes.json');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const processes = {
  supervisor: { pid: 41, startTicks: '7' },
  orchestration: '127.0.0.1:9',
  children: [{ name: 'nats', pid: 42 }],
};

it('reads what was written last, and leaves nothing else', async () => {
  await writeRunProcesses(file, { supervisor: { pid: 41 }, children: [] });
  expect(await readRunProcesses(file)).toEqual({ supervisor: { pid: 41 }, children: [] });
  await writeRunProcesses(file, processes);
  expect(await readRunProcesses(file)).toEqual(processes);
  expect(readdirSync(folder)).toEqual(['processes.json']);
});

it('is not there once it is removed, which may happen twice', async () => {
  await writeRunProcesses(file, processes);
  await removeRunProcesses(file);
  await removeRunProcesses(file);
  expect(existsSync(file)).toBe(false);
  expect(await readRunProcesses(file)).toBeUndefined();
});

it.each([
  '{',
  '{}',
  JSON.stringify({ ...processes, supervisor: { pid: 1 } }),
  JSON.stringify({ ...processes, children: [{ name: 'nats', pid: 1 }] }),
  JSON.stringify({ ...processes, children: [{ pid: 42 }] }),
])('names no process by a list that is damaged, and never process 1: %s', async (text) => {
  writeFileSync(file, text);
  expect(await readRunProcesses(file)).toBeUndefined();
});
