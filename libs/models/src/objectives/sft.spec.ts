import { createGraph } from '@sipf/graph';
import { runGraph } from '@sipf/graph/testing';
import { expect, it } from 'vitest';
import { nextTokenLogProbs, predictingMask, tokenPredictions } from './completion-log-probs.ts';
import { sft } from './sft.ts';

it('averages loss, accuracy and entropy over the completion tokens alone', async () => {
  const graph = createGraph('sft');
  // Two rows of four tokens over a vocabulary of 2; logit 1 minus logit 0 at each position.
  const odds = [9, 2, -1, 9, 9, 9, 0.5, 9];
  const ids = graph.constant('int64', [2, 4], [0, 1, 1, 1, 0, 0, 0, 0]);
  const logits = graph.constant(
    'float32',
    [2, 4, 2],
    odds.flatMap((value) => [0, value]),
  );
  const mask = predictingMask(graph.constant('float32', [2, 4], [0, 0, 1, 1, 0, 0, 0, 1]));
  const { loss, metrics } = sft(
    { tokens: nextTokenLogProbs(logits, ids), mask, predictions: tokenPredictions(logits, ids) },
    { completionTokens: graph.scalar(3) },
  );
  graph.output('loss', loss);
  for (const [name, value] of Object.entries(metrics)) graph.output(name, value);
  const results = await runGraph(graph);
  const value = (name: string) => results[name]?.data[0];
  // Positions 1 and 2 of the first row predict ones, position 2 of the second predicts a zero.
  const p = [2, -1, 0.5].map((x) => 1 / (1 + Math.exp(-x))) as [number, number, number];
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  expect(value('loss')).toBeCloseTo(-mean([Math.log(p[0]), Math.log(p[1]), Math.log(1 - p[2])]), 5);
  expect(value('mean_token_accuracy')).toBeCloseTo(1 / 3, 6);
  const entropy = (q: number) => -q * Math.log(q) - (1 - q) * Math.log(1 - q);
  expect(value('entropy')).toBeCloseTo(mean(p.map(entropy)), 5);
});
