import { Registry } from 'prom-client';
import { beforeEach, expect, it } from 'vitest';
import { createServingMetrics, type ServingMetrics } from './serving-metrics.ts';

let registry: Registry;
let metrics: ServingMetrics;
beforeEach(() => {
  registry = new Registry();
  metrics = createServingMetrics(registry);
});

async function valueOf(name: string): Promise<number | undefined> {
  const metric = await registry.getSingleMetric(name)?.get();
  return metric?.values[0]?.value;
}

async function load(): Promise<[depth: number | undefined, occupancy: number | undefined]> {
  return [await valueOf('sipf_queue_depth'), await valueOf('sipf_batch_occupancy')];
}

it('counts what waits and how full the batches are, over all calls and models', async () => {
  expect(await load()).toEqual([0, 0]);
  metrics.addRows(4);
  metrics.addRows(4);
  const [one, other] = [metrics.openCall(), metrics.openCall()];
  one.accept(2);
  expect(await load()).toEqual([0, 0.25]);
  other.accept(10);
  expect(await load()).toEqual([4, 1]);
  one.finish(1);
  metrics.addRows(-4);
  expect(await load()).toEqual([7, 1]);
  other.end();
  expect(await load()).toEqual([0, 0.25]);
  one.end();
  one.end();
  expect(await load()).toEqual([0, 0]);
});

it('times models that open and counts those that do not', async () => {
  expect(await metrics.timeLoad(() => Promise.resolve('model'))).toBe('model');
  await expect(metrics.timeLoad(() => Promise.reject(new Error('damaged')))).rejects.toThrow('damaged');
  expect(await valueOf('sipf_model_load_failures_total')).toBe(1);
  expect(await registry.metrics()).toContain('sipf_model_load_seconds_count 1');
});
