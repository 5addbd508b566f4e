import { createScorer, type Scorer, type StepScoreRequest } from '@sipf/inference';
import { initialParameters } from '@sipf/models';
import { tinyConfig } from '@sipf/models/testing';
import { createRng } from '@sipf/random';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { RowScheduler } from './row-scheduler.ts';

const config = tinyConfig({ head: { kind: 'token-classification', numLabels: 2, features: 'hidden' } });
const tensors = initialParameters(config, createRng('verifier'), 0.4);
const rng = createRng('rows');
const rows: readonly StepScoreRequest[] = Array.from({ length: 40 }, (_, at) => {
  const ids = Array.from({ length: 3 + (at % 30) }, () => rng.integer(config.vocabSize));
  return { ids, promptLength: 1, stepEndPositions: [1, ids.length - 1] };
});
const open: RowScheduler[] = [];
const scorers: Scorer[] = [];

/** A real scorer, and the rows that were taken from its caller. */
async function scheduler({ hold = Promise.resolve() } = {}) {
  const scorer = await createScorer({ config, tensors });
  const taken: StepScoreRequest[] = [];
  const watched: Scorer = {
    logProbs: scorer.logProbs.bind(scorer),
    close: scorer.close.bind(scorer),
    get model() {
      return scorer.model;
    },
    scoreSteps: (given, options) => scorer.scoreSteps(watch(given), options),
  };
  async function* watch(given: Iterable<StepScoreRequest> | AsyncIterable<StepScoreRequest>) {
    await hold;
    for await (const row of given) {
      taken.push(row);
      yield row;
    }
  }
  const created = new RowScheduler(watched);
  open.push(created);
  scorers.push(scorer);
  return { scheduler: created, scorer, taken };
}

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  for (const one of scorers.splice(0)) await one.close();
});

const claim = (clientId = '', priority: 'interactive' | 'bulk' = 'interactive') => ({
  clientId,
  priority,
  signal: new AbortController().signal,
});

it('gives every call its own rows’ scores, the same bits as alone, however calls are mixed', async () => {
  const { scheduler: own, scorer } = await scheduler();
  const alone: (readonly number[])[] = [];
  for (const row of rows) {
    for await (const { logOdds } of scorer.scoreSteps([row])) alone.push(logOdds);
  }
  const calls = [rows.slice(0, 1), rows.slice(1, 30), rows.slice(30)];
  const answers = await Promise.all(
    calls.map((some, at) => own.score(some, claim(`client ${at}`, at === 1 ? 'bulk' : 'interactive'))),
  );
  expect(answers.flatMap(({ logOdds }) => logOdds)).toEqual(alone);
});

it('drops the rows of a cancelled call before they are computed, and scores the others', async () => {
  const held = Promise.withResolvers<undefined>();
  const { scheduler: own, taken } = await scheduler({ hold: held.promise as unknown as Promise<void> });
  const cancel = new AbortController();
  const cancelled = own.score(rows.slice(0, 30), { ...claim('a'), signal: cancel.signal });
  const other = own.score(rows.slice(30, 32), claim('b'));
  cancel.abort();
  await expect(cancelled).rejects.toMatchObject({ kind: 'cancelled' });
  held.resolve(undefined);
  expect((await other).logOdds).toHaveLength(2);
  expect(taken).toHaveLength(2);
});

it('refuses a call that is over before it began', async () => {
  const { scheduler: own } = await scheduler();
  const signal = AbortSignal.abort();
  await expect(own.score(rows, { ...claim(), signal })).rejects.toMatchObject({ kind: 'cancelled' });
  expect((await own.score(rows.slice(0, 1), claim())).logOdds).toHaveLength(1);
});

it('ends open calls when it is closed', async () => {
  const { scheduler: own } = await scheduler({ hold: setTimeout(50) });
  const call = own.score(rows, claim());
  const refused = expect(call).rejects.toMatchObject({ reason: 'MODEL_UNLOADED' });
  await own.close();
  await refused;
  await expect(own.score(rows, claim())).rejects.toMatchObject({ reason: 'MODEL_UNLOADED' });
});

it('answers a call without rows at once', async () => {
  const { scheduler: own } = await scheduler();
  expect(await own.score([], claim())).toEqual({ logOdds: [], queueMs: 0 });
});
