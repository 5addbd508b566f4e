import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MetricsReader } from './metrics-reader.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-metrics-'));
  path = join(folder, 'metrics.jsonl');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('takes up what was appended since, and no half line', async () => {
  const reader = new MetricsReader(path);
  await reader.refresh();
  expect(reader.stages.size).toBe(0);
  writeFileSync(path, '{"stage":"sft-0","step":1,"loss":2}\n{"stage":"sft-0","st');
  await reader.refresh();
  expect(reader.stages.get('sft-0')?.steps).toEqual([1]);
  appendFileSync(path, 'ep":2,"loss":1,"gradNorm":3}\n{"stage":"align-1","step":1,"loss":5}\n');
  await Promise.all([reader.refresh(), reader.refresh()]);
  const { steps, series } = reader.stages.get('sft-0') ?? {};
  expect(steps).toEqual([1, 2]);
  expect(series).toEqual(
    new Map([
      ['loss', [2, 1]],
      ['gradNorm', [NaN, 3]],
    ]),
  );
  expect(reader.stages.get('align-1')?.series.get('loss')).toEqual([5]);
});

it('reads lines that are longer than its buffer', async () => {
  const long = Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`metric-number-${at}`, at]));
  writeFileSync(path, `${JSON.stringify({ stage: 's', step: 1, ...long })}\n`);
  const reader = new MetricsReader(path);
  await reader.refresh();
  expect(reader.stages.get('s')?.series.size).toBe(60_000);
});
