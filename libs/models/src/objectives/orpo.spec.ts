import { createGraph, gradients } from '@sipf/graph';
import { openGraph, runGraph } from '@sipf/graph/testing';
import { createRng } from '@sipf/random';
import { describe, expect, it } from 'vitest';
import { orpo } from './orpo.ts';
import { chosenNll } from './preference-pairs.ts';

/** ORPO of given log-probabilities [2 P, T], with its gradient by them. */
function orpoGraph(lambda = 0.5, { isWeighted = false } = {}) {
  const graph = createGraph('orpo');
  const pairWeights = isWeighted ? graph.input('weights', 'float32', ['P']) : undefined;
  const tokens = graph.input('tokens', 'float32', ['2*P', 'T']);
  const mask = graph.input('mask', 'float32', ['2*P', 'T']);
  const pairs = graph.input('pairs', 'float32', []);
  const nll = chosenNll({ tokens, mask }, graph.input('chosenTokens', 'float32', []), pairWeights);
  const { loss, metrics } = orpo({ tokens, mask }, { lambda, nll, pairs, pairWeights });
  graph.output('loss', loss);
  for (const [name, value] of Object.entries(metrics)) graph.output(name, value);
  gradients(loss, [tokens]).forEach((gradient) => {
    graph.output('gradient', gradient);
  });
  return graph;
}

const logOdds = (p: number) => Math.log(p / (1 - p));
const logSigmoid = (x: number) => -Math.log(1 + Math.exp(-x));

describe('orpo', () => {
  it('is the NLL of the chosen plus the weighted odds-ratio term, both of completion tokens alone', async () => {
    const tokens = [-7, -1, -2, -3, -0.5, -9, -4, -1.5, -9, -9, -9, -9];
    const mask = [0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0];
    // Rows: two chosen of 2 and 1 tokens, then two rejected of 1 and 0: the second pair is padding.
    const result = await runGraph(orpoGraph(), {
      tokens: { shape: [4, 3], data: tokens },
      mask: { shape: [4, 3], data: mask },
      pairs: 1,
      chosenTokens: 2,
    });
    const ratio = logSigmoid(logOdds(Math.exp(-1.5)) - logOdds(Math.exp(-1.5)));
    expect(result['nll_loss']?.data[0]).toBeCloseTo((1 + 2 + 0.5) / 2, 5);
    expect(result['loss']?.data[0]).toBeCloseTo(1.75 - 0.5 * ratio, 5);
    expect(result['logps/chosen']?.data[0]).toBeCloseTo(-1.5, 5);
    expect(result['rewards/margins']?.data[0]).toBeCloseTo(0, 5);
    const gradient = result['gradient']?.data ?? [];
    gradient.forEach((value, index) => {
      if (mask[index] === 0) expect(Math.abs(value)).toBe(0);
    });
    expect(gradient.filter((value) => value !== 0)).toHaveLength(4);
  });

  it('counts each pair by its weight, in both terms', async () => {
    const feeds = {
      tokens: { shape: [4, 2], data: [-1, -2, -0.5, -0.25, -3, -1, -2, -4] },
      mask: { shape: [4, 2], data: [1, 1, 1, 1, 1, 1, 1, 1] },
      pairs: 2,
      chosenTokens: 4,
    };
    const lossOf = async (weights: readonly [number, number]) => {
      const data = { shape: [2], data: [...weights] };
      const result = await runGraph(orpoGraph(0.5, { isWeighted: true }), { ...feeds, weights: data });
      return result['loss']?.data[0] ?? NaN;
    };
    const equal = (await runGraph(orpoGraph(), feeds))['loss']?.data[0];
    expect(await lossOf([1, 1])).toBeCloseTo(equal ?? NaN, 6);
    const [first, second] = [await lossOf([1, 0]), await lossOf([0, 1])];
    expect(first).not.toBeCloseTo(second, 2);
    expect(await lossOf([0.5, 1.5])).toBeCloseTo(0.5 * first + 1.5 * second, 5);
  });

  it('prefers the likelier side whatever its length', async () => {
    const feeds = { mask: { shape: [2, 3], data: [1, 0, 0, 1, 1, 1] }, pairs: 1, chosenTokens: 1 };
    const tokens = { shape: [2, 3], data: [-0.2, 0, 0, -1, -1, -1] };
    const result = await runGraph(orpoGraph(), { ...feeds, tokens });
    expect(result['rewards/accuracies']?.data).toEqual([1]);
    expect(result['log_odds_chosen']?.data[0]).toBeCloseTo(
      logOdds(Math.exp(-0.2)) - logOdds(Math.exp(-1)),
      5,
    );
  });

  it('and its gradient are finite for 10,000 random extreme inputs', async () => {
    const pairs = 5_000;
    const rng = createRng('extreme');
    // From -1e5 to -1e-40, and exactly 0: probabilities from nothing to 1, beyond float32 at both ends.
    const extreme = () => (rng.uniform() < 0.05 ? 0 : -(10 ** (rng.uniform() * 45 - 40)));
    const length = 2;
    const tokens = Array.from({ length: 2 * pairs * length }, extreme);
    const mask = tokens.map((_, index) => Number(index % length === 0 || rng.uniform() < 0.5));
    const runner = await openGraph(orpoGraph());
    const result = await runner.run({
      tokens: { shape: [2 * pairs, length], data: tokens },
      mask: { shape: [2 * pairs, length], data: mask },
      pairs,
      chosenTokens: pairs,
    });
    await runner.release();
    expect(Object.values(result).every(({ data }) => data.every(Number.isFinite))).toBe(true);
    expect(result['loss']?.data[0]).toBeGreaterThan(0);
  });

  it('is 0 for rows that are all padding', async () => {
    const result = await runGraph(orpoGraph(), {
      tokens: { shape: [2, 3], data: [-1, -2, -3, -4, -5, -6] },
      mask: { shape: [2, 3], data: [0, 0, 0, 0, 0, 0] },
      pairs: 0,
      chosenTokens: 0,
    });
    expect(result['loss']?.data[0]).toBeCloseTo(0, 10);
    expect(result['gradient']?.data.every((value) => value === 0)).toBe(true);
  });
});
