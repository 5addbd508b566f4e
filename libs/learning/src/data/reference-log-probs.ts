import type { CallOptions } from '@sipf/async';
import type { Scorer } from '@sipf/inference';
import type { PreferenceExample } from './training-example.ts';

/** The same pairs with the summed log-probabilities of both completions under the scorer's model, as DPO wants them. */
export async function addReferenceLogProbs(
  examples: readonly PreferenceExample[],
  reference: Scorer,
  options: CallOptions = {},
): Promise<PreferenceExample[]> {
  const rows = examples.flatMap(({ promptIds, chosenIds, rejectedIds }) =>
    [chosenIds, rejectedIds].map((completion) => ({
      ids: [...promptIds, ...completion],
      promptLength: promptIds.length,
    })),
  );
  const sums = new Float64Array(rows.length);
  for await (const { rowIndex, sum } of reference.logProbs(rows, options)) sums[rowIndex] = sum;
  return examples.map((example, index) => ({
    ...example,
    reference: { chosen: sums[2 * index] as number, rejected: sums[2 * index + 1] as number },
  }));
}
