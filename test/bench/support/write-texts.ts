import type { EngineGenerator } from '@sipf/inference';
import type { TextOrder } from '../engines/text-side.ts';

/** What our engine writes for an order: tokens by prompt. */
export async function writeTexts(
  generator: EngineGenerator,
  { prompts, newTokens, greedy, seed }: TextOrder,
): Promise<{ readonly ids: readonly (readonly number[])[] }> {
  const sampling = { maxNewTokens: newTokens, greedy, stopTokenIds: [] };
  const requests = prompts.map((promptIds, index) => ({
    ...{ promptIds, n: 1, seed: String(seed), key: String(index), sampling },
  }));
  const ids: number[][] = [];
  for await (const { requestIndex, tokenIds } of generator.generate(requests))
    ids[requestIndex] = [...tokenIds];
  return { ids };
}
