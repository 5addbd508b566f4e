import { common, events } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { createInProcessBus, encodeIterationEvent, type EventBus } from '@sipf/events';
import { createLogger } from '@sipf/service';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { followNeeds } from './follow-needs.ts';
import type { FoundModel, ModelFinder } from './model-finder.ts';
import { createModelPool, type ModelPool } from './model-pool.ts';
import { createServingMetrics } from './serving-metrics.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const signal = new AbortController().signal;
let bus: EventBus;
let pool: ModelPool<FoundModel, string>;
let history: string[];
let asked: string[];

/** Every digest names a model. */
const finder: ModelFinder = {
  others: [],
  confirm: (found) => Promise.resolve(found),
  find: (ref = common.ModelRef.create()) => {
    asked.push(ref.digest);
    if (ref.digest === 'lost')
      throw new SipfError('not-found', 'no such model', { reason: 'MODEL_NOT_FOUND' });
    return Promise.resolve({ key: ref.digest, ref, folder: '' });
  },
};

beforeEach(async () => {
  bus = createInProcessBus({ log: logger });
  history = [];
  asked = [];
  pool = createModelPool({
    maxModels: 1,
    open: ({ key }) => {
      history.push(`open ${key}`);
      return Promise.resolve(key);
    },
    close: (key) => {
      history.push(`close ${key}`);
      return Promise.resolve();
    },
  });
  const metrics = createServingMetrics(new Registry());
  await followNeeds({
    ...{ service: 'generation', bus, finder, pool, logger, metrics },
    subscriber: 'generation-test',
  });
});

afterEach(async () => {
  await bus.close();
});

async function publish(id: string, needs: readonly (readonly [service: string, digest: string])[]) {
  const event = events.IterationEvent.fromPartial({
    eventId: id,
    runId: 'run',
    iteration: 1,
    stage: { $case: 'sampled', value: { count: 1n } },
    needs: needs.map(([service, digest]) => ({ service, model: { digest } })),
  });
  await bus.publish(encodeIterationEvent(event));
}

it('preloads what its service needs next and frees the rest', async () => {
  await publish('1', [['generation', 'a']]);
  await expect.poll(() => pool.models).toEqual(['a']);
  await publish('2', [
    ['verification', 'v'],
    ['generation', 'b'],
  ]);
  await expect.poll(() => pool.models).toEqual(['b']);
  expect(history).toEqual(['open a', 'close a', 'open b']);
});

it('frees everything for a stage that needs nothing of it', async () => {
  await publish('1', [['generation', 'a']]);
  await expect.poll(() => pool.models).toEqual(['a']);
  await publish('2', [['generation', '']]);
  await expect.poll(() => pool.models).toEqual([]);
});

it('leaves its models alone when an event is about others, and one in use in any case', async () => {
  await using lease = await pool.acquire(await finder.find({ digest: 'a', adapterDigest: '' }), signal);
  await publish('1', [['simulation', 'b']]);
  await publish('2', [['generation', '']]);
  await publish('3', [['generation', 'last']]);
  // Events are handled one after the other: when the third is, the others have been.
  await expect.poll(() => asked).toEqual(['a', 'last']);
  expect(pool.models).toEqual([lease.model]);
  expect(history).toEqual(['open a']);
});

it('does not let an event about a model that cannot be found hold up the next', async () => {
  await publish('1', [['generation', 'lost']]);
  await publish('2', [['generation', 'a']]);
  await expect.poll(() => pool.models).toEqual(['a']);
  expect(asked).toEqual(['lost', 'a']);
});
