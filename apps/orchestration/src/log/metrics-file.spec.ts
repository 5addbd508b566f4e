import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openMetricsFile } from './metrics-file.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-metrics-'));
  path = join(folder, 'metrics.jsonl');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('has every step once, however often and over how many openings it is told', () => {
  const first = openMetricsFile(path);
  first.record('sft-0', 1, { loss: 2 });
  first.record('align-1', 1, { loss: 3 });
  first.record('sft-0', 2, { loss: 1 });
  const second = openMetricsFile(path);
  for (const step of [1, 2, 3]) second.record('sft-0', step, { loss: 4 - step });
  expect(readFileSync(path, 'utf8')).toBe(
    [
      '{"stage":"sft-0","step":1,"loss":2}',
      '{"stage":"align-1","step":1,"loss":3}',
      '{"stage":"sft-0","step":2,"loss":1}',
      '{"stage":"sft-0","step":3,"loss":1}',
      '',
    ].join('\n'),
  );
});

it('cuts a torn line off and writes that step anew', () => {
  openMetricsFile(path).record('sft-0', 1, { loss: 2 });
  appendFileSync(path, '{"stage":"sft-0","step":2,"lo');
  openMetricsFile(path).record('sft-0', 2, { loss: 1 });
  expect(readFileSync(path, 'utf8').split('\n')[1]).toBe('{"stage":"sft-0","step":2,"loss":1}');
});

it.skipIf(!existsSync('/dev/full'))('has a step that found no room once it is told again', () => {
  const file = openMetricsFile(path);
  file.record('sft-0', 1, { loss: 2 });
  renameSync(path, `${path}.aside`);
  symlinkSync('/dev/full', path);
  expect(() => {
    file.record('sft-0', 2, { loss: 1 });
  }).toThrow();
  renameSync(`${path}.aside`, path);
  file.record('sft-0', 2, { loss: 1 });
  expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(2);
});
