import { summedLine } from '@sipf/artifacts';
import { expect, it } from 'vitest';
import { createMetricsReader, metricsLine } from './metrics-line.ts';

/** Reads a line as the first of its file, without its line break. */
const read = (line: string) => createMetricsReader()(line.trimEnd());
const step = { stage: 'sft-0', step: 3, values: { loss: 0.5, grad_norm: 2 } };

it('writes a step as one line, and reads it back', () => {
  expect(metricsLine(step)).toBe(`${summedLine('{"stage":"sft-0","step":3,"loss":0.5,"grad_norm":2}')}\n`);
  expect(read(metricsLine(step))).toEqual(step);
});

it('keeps a value that is not a number as NaN, for which JSON has null', () => {
  const line = metricsLine({ ...step, values: { loss: NaN } });
  expect(line).toContain('"loss":null');
  expect(read(line)?.values).toEqual({ loss: NaN });
});

it.each([
  '',
  '{"stage":"sft-0"',
  '{"stage":"sft-0"}',
  '{"step":1}',
  '{"stage":"sft-0","step":0}',
  '{"stage":"sft-0","step":1.5}',
  '{"stage":"sft-0","step":1,"loss":"0.5"}',
  '{"stage":"sft-\ufffd","step":1}',
])('takes a damaged line for none: %s', (line) => {
  expect(createMetricsReader()(line)).toBeUndefined();
});
