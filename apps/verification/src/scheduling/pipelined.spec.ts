import { setTimeout } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { pipelined, type PipelineOptions } from './pipelined.ts';

type Work = PipelineOptions<number, number>['work'];

async function run(
  inputs: AsyncIterable<number>,
  { work, ahead = 3, inOrder = true }: { work: Work; ahead?: number; inOrder?: boolean },
) {
  const outputs: number[] = [];
  const { signal } = new AbortController();
  let error: unknown;
  try {
    for await (const output of pipelined(inputs, { work, ahead, inOrder: () => inOrder, signal })) {
      outputs.push(output);
    }
  } catch (cause) {
    error = cause;
  }
  return { outputs, error };
}

async function* numbers(...values: (number | Error)[]) {
  for (const value of values) {
    await setTimeout(0);
    if (value instanceof Error) throw value;
    yield value;
  }
}

/** Gates that a test opens one by one. */
function gated() {
  const gates = new Map<number, PromiseWithResolvers<number>>();
  const started: number[] = [];
  const work: Work = (input) => {
    const gate = Promise.withResolvers<number>();
    gates.set(input, gate);
    started.push(input);
    return gate.promise;
  };
  const hasStarted = (inputs: number[]) =>
    vi.waitFor(() => {
      expect(started).toEqual(inputs);
    });
  return { work, hasStarted, open: (input: number) => gates.get(input)?.resolve(input * 10) };
}

it('reads ahead up to its bound and answers in order', async () => {
  const { work, hasStarted, open } = gated();
  const answers = run(numbers(1, 2, 3, 4), { work });
  await hasStarted([1, 2, 3]);
  open(3);
  open(2);
  await setTimeout(20);
  await hasStarted([1, 2, 3]);
  open(1);
  await hasStarted([1, 2, 3, 4]);
  open(4);
  expect(await answers).toEqual({ outputs: [10, 20, 30, 40], error: undefined });
});

it('answers as work ends where no order is wanted', async () => {
  const { work, hasStarted, open } = gated();
  const answers = run(numbers(1, 2, 3), { work, inOrder: false });
  await hasStarted([1, 2, 3]);
  for (const input of [3, 1, 2]) {
    open(input);
    await setTimeout(0);
  }
  expect((await answers).outputs).toEqual([30, 10, 20]);
});

it('gives the answers from before a failure of the stream, then the failure', async () => {
  const work: Work = async (input) => setTimeout(5, input);
  const { outputs, error } = await run(numbers(1, 2, new Error('lost')), { work });
  expect(outputs).toEqual([1, 2]);
  expect(error).toEqual(new Error('lost'));
});

it('ends with the first request that fails and cancels the others', async () => {
  const cancelled: number[] = [];
  const work: Work = (input, _index, signal) => {
    if (input === 1) return Promise.reject(new Error('no'));
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        cancelled.push(input);
        reject(new Error('cancelled'));
      });
    });
  };
  const endless = (async function* () {
    yield* numbers(2, 1);
    await new Promise(() => undefined);
  })();
  const { outputs, error } = await run(endless, { work, inOrder: false });
  expect([outputs, error]).toEqual([[], new Error('no')]);
  expect(cancelled).toEqual([2]);
});

it('ends quietly for a stream without requests', async () => {
  expect(await run(numbers(), { work: () => Promise.resolve(0) })).toEqual({ outputs: [], error: undefined });
});
