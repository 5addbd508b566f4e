import { execution } from '@sipf/contracts';
import { defaultLimits, type Outcome } from '@sipf/sandbox';
import { expect, it } from 'vitest';
import { toResponse } from './verdicts.ts';

const { Outcome: Wire } = execution;

const outcomes: readonly (readonly [Outcome, execution.Outcome, string])[] = [
  [{ outcome: 'passed' }, Wire.PASSED, ''],
  [
    { outcome: 'failed', kind: 'assertion', message: '1 is not 2', stack: 'tests:1' },
    Wire.FAILED,
    'assertion: 1 is not 2',
  ],
  [{ outcome: 'syntax-error', where: 'tests', message: 'no )' }, Wire.SYNTAX_ERROR, 'tests: no )'],
  [{ outcome: 'timed-out', clock: 'cpu', limitMs: 50 }, Wire.TIMED_OUT, 'more than 50 ms of cpu time'],
  [{ outcome: 'out-of-memory', limitMiB: 8 }, Wire.OUT_OF_MEMORY, 'more than 8 MiB'],
  [{ outcome: 'output-limit', limitBytes: 9 }, Wire.OUTPUT_LIMIT, 'more than 9 bytes of output'],
  [{ outcome: 'sandbox-error', message: 'died' }, Wire.SANDBOX_ERROR, 'died'],
];

it.each(outcomes)('describes $outcome in words', (verdict, outcome, message) => {
  const used = { wallTimeMs: 1.5, cpuTimeMs: 1, memoryMiB: 2, stdout: 'out', stderr: 'err' };
  const response = toResponse('p', { ...verdict, ...used, limits: defaultLimits, engine: 'v8' });
  const { limits, ...rest } = response;
  expect(rest).toEqual({
    id: 'p',
    outcome,
    message,
    stack: 'stack' in verdict ? verdict.stack : '',
    stdout: 'out',
    stderr: 'err',
    wallTimeMs: 1.5,
    cpuTimeMs: 1,
    memoryBytes: 2n * 1024n * 1024n,
    engine: 'v8',
  });
  expect(limits).toEqual({ wallTimeMs: 5000, cpuTimeMs: 5000, memoryMib: 128, maxOutputBytes: 65_536 });
});
