import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { threadsByDefault } from './threads-by-default.ts';

const cores = availableParallelism();

it('shares the processors out among the workers, and leaves each one thread at least', () => {
  expect(threadsByDefault({})).toEqual({ SIPF_THREADS: String(cores) });
  expect(threadsByDefault({}, cores)).toEqual({ SIPF_THREADS: '1' });
  expect(threadsByDefault({ SIPF_WORKERS: String(cores + 1) })).toEqual({ SIPF_THREADS: '1' });
});

it('leaves alone what was set by hand', () => {
  expect(threadsByDefault({ SIPF_THREADS: '3' }, 1)).toEqual({});
});
