import { expect, it } from 'vitest';
import { metricsLine, parseMetricsLine } from './metrics-line.ts';

const step = { stage: 'sft-0', step: 3, values: { loss: 0.5, grad_norm: 2 } };

it('writes a step as one line, and reads it back', () => {
  expect(metricsLine(step)).toBe('{"stage":"sft-0","step":3,"loss":0.5,"grad_norm":2}\n');
  expect(parseMetricsLine(metricsLine(step))).toEqual(step);
});

it('keeps a value that is not a number as NaN, for which JSON has null', () => {
  const line = metricsLine({ ...step, values: { loss: NaN } });
  expect(line).toContain('"loss":null');
  expect(parseMetricsLine(line)?.values).toEqual({ loss: NaN });
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
  expect(parseMetricsLine(line)).toBeUndefined();
});
