import { createGraph, gradients } from '@sipf/graph';
import { runGraph } from '@sipf/graph/testing';
import { describe, expect, it } from 'vitest';
import { outcomeReward, processReward, UNLABELLED as no } from './step-rewards.ts';

const logOdds = [2, -1, 0.5, -3, 1000, -1000, 0, 4];

async function run(objective: typeof processReward, labels: readonly number[], labelCount: number) {
  const graph = createGraph('reward');
  const inputs = graph.input('logOdds', 'float32', [2, 4]);
  const { loss, metrics } = objective(inputs, {
    labels: graph.constant('float32', [2, 4], labels),
    labelCount: graph.scalar(labelCount),
  });
  graph.output('loss', loss);
  for (const [name, value] of Object.entries(metrics)) graph.output(name, value);
  gradients(loss, [inputs]).forEach((gradient) => {
    graph.output('gradient', gradient);
  });
  const results = await runGraph(graph, { logOdds });
  return {
    loss: results['loss']?.data[0],
    accuracy: results['accuracy']?.data[0],
    gradient: results['gradient']?.data,
  };
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe('processReward', () => {
  it('is the mean binary cross-entropy of the labelled steps, hard or soft', async () => {
    const result = await run(processReward, [1, no, 0.25, no, no, no, no, 0], 3);
    const soft = -(0.25 * Math.log(sigmoid(0.5)) + 0.75 * Math.log(1 - sigmoid(0.5)));
    expect(result.loss).toBeCloseTo((-Math.log(sigmoid(2)) + soft - Math.log(1 - sigmoid(4))) / 3, 5);
    expect(result.accuracy).toBeCloseTo(1 / 3, 5);
    expect(result.gradient?.[0]).toBeCloseTo((sigmoid(2) - 1) / 3, 5);
    expect(result.gradient?.[1]).toBe(0);
  });

  it('is finite where the verifier is sure and wrong', async () => {
    const result = await run(processReward, [no, no, no, no, 0, 1, no, no], 2);
    expect(result.loss).toBe(1000);
    expect(result.gradient).toEqual([0, 0, 0, 0, 0.5, -0.5, 0, 0]);
  });

  it('is 0 for a batch with no labelled step', async () => {
    const result = await run(
      processReward,
      Array.from({ length: 8 }, () => no),
      0,
    );
    expect(result.loss).toBe(0);
    expect(result.gradient?.every((value) => value === 0)).toBe(true);
  });
});

describe('outcomeReward', () => {
  it('counts the last labelled step of each path alone', async () => {
    const result = await run(outcomeReward, [1, no, 1, no, no, no, 0, 1], 2);
    expect(result.loss).toBeCloseTo((-Math.log(sigmoid(0.5)) - Math.log(sigmoid(4))) / 2, 5);
    expect(result.gradient?.map((value) => value !== 0)).toEqual([
      ...[false, false, true, false],
      ...[false, false, false, true],
    ]);
  });

  it('passes over paths without a label', async () => {
    const result = await run(outcomeReward, [no, no, no, no, no, 1, no, no], 1);
    expect(result.loss).toBe(1000);
    expect(result.gradient?.slice(0, 4)).toEqual([0, 0, 0, 0]);
  });
});
