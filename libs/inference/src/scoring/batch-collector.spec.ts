import { createRng } from '@sipf/random';
import { expect, it } from 'vitest';
import { planBatches, type RowItem } from './batch-collector.ts';
import { packedTokens, promptKey } from './packed-rows.ts';

/** Paths of a question, of up to so many tokens each. */
function pathsOf(question: number, count: number, longest: number): RowItem[] {
  const rng = createRng(`question/${question}`);
  const prompt = Array.from({ length: 40 }, () => rng.integer(500));
  return Array.from({ length: count }, () => {
    const ids = [...prompt, ...Array.from({ length: 1 + rng.integer(longest) }, () => rng.integer(500))];
    return { row: { ids, promptLength: 40, sharedLength: 39 } };
  });
}

const tokensOf = (batch: readonly RowItem[]): number => packedTokens(batch.map(({ row }) => row));

it('puts every row into one batch, and no more into a batch than a worker takes at once', () => {
  const items = [0, 1, 2, 3].flatMap((question) => pathsOf(question, 2 + 9 * question, 300));
  const batches = planBatches(items);
  expect(new Set(batches.flat())).toEqual(new Set(items));
  expect(batches.flat()).toHaveLength(items.length);
  for (const batch of batches) {
    expect(batch.length).toBeLessThanOrEqual(16);
    expect(tokensOf(batch)).toBeLessThanOrEqual(1024);
  }
});

it('gives a row that is longer than a batch one of its own', () => {
  const [long] = pathsOf(0, 1, 1);
  const ids = Array.from({ length: 2000 }, (_, at) => at % 500);
  const items = [{ row: { ...(long as RowItem).row, ids } }, ...pathsOf(1, 2, 5)];
  expect(planBatches(items).map((batch) => batch.length)).toEqual([2, 1]);
});

it('keeps the paths of a question together, so that its prompt is read once', () => {
  const questions = Array.from({ length: 6 }, (_, question) => pathsOf(question, 5, 100));
  const shuffled = createRng('order').shuffle(questions.flat());
  const batches = planBatches(shuffled);
  const prompts = batches.map((batch) => new Set(batch.map(({ row }) => promptKey(row))).size);
  // A batch ends inside at most one question, which the next one then reads again.
  expect(prompts.reduce((sum, count) => sum + count)).toBeLessThan(questions.length + batches.length);
  const all = batches.reduce((sum, batch) => sum + tokensOf(batch), 0);
  expect(all).toBeLessThan(tokensOf(questions.flat()) + 39 * batches.length);
});
