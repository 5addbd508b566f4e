import { createGraph } from '@sipf/graph';
import { runGraph } from '@sipf/graph/testing';
import { describe, expect, it } from 'vitest';
import { dpo, rpo } from './dpo.ts';

const tokens = [-1, -2, -3, -1, -2, -2, -0.5, -0.5];
const mask = [1, 1, 1, 0, 1, 1, 1, 1];
const reference = [-2, -4, -3, -2];

async function run(nllWeight?: number) {
  const graph = createGraph('dpo');
  const logProbs = {
    tokens: graph.constant('float32', [4, 2], tokens),
    mask: graph.constant('float32', [4, 2], mask),
  };
  const inputs = {
    beta: 0.1,
    referenceLogps: graph.constant('float32', [4], reference),
    pairs: graph.scalar(2),
  };
  const { loss, metrics } =
    nllWeight === undefined ? dpo(logProbs, inputs) : rpo(logProbs, { ...inputs, nllWeight });
  graph.output('loss', loss);
  for (const [name, value] of Object.entries(metrics)) graph.output(name, value);
  const results = await runGraph(graph);
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data[0] ?? NaN]));
}

// Sums are -3, -3 (chosen) and -4, -1 (rejected); rewards over the reference -1, 1 and -1, 1.
const softplus = (x: number) => Math.log(1 + Math.exp(x));

describe('dpo', () => {
  it('is -log sigmoid of the scaled difference of both rewards, averaged over the pairs', async () => {
    const result = await run();
    expect(result['loss']).toBeCloseTo((softplus(-0.1 * (-1 + 1)) + softplus(-0.1 * (1 - 1))) / 2, 6);
    expect(result['logps/chosen']).toBeCloseTo(-3, 6);
    expect(result['logps/rejected']).toBeCloseTo(-2.5, 6);
    expect(result['rewards/chosen']).toBeCloseTo(0, 6);
  });
});

describe('rpo', () => {
  it("adds the chosen completions' NLL, each over its own tokens", async () => {
    const plain = await run();
    const result = await run(2);
    expect(result['nll_loss']).toBeCloseTo((1.5 + 3) / 2, 6);
    expect(result['loss']).toBeCloseTo((plain['loss'] ?? NaN) + 2 * 2.25, 6);
  });
});
