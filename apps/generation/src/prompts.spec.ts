import { common, generation } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { encodePrompts } from './prompts.ts';

const reader = {
  generator: { model: { config: { vocabSize: 10, maxPositionEmbeddings: 8, rope: { kind: 'plain' } } } },
  ...{ tokenizer: {}, day: '', signal: new AbortController().signal },
} as unknown as Parameters<typeof encodePrompts>[2];
const sampling = common.SamplingSettings.fromPartial({ maxNewTokens: 1 });
const encode = (...rows: number[][]) =>
  encodePrompts(
    rows.map((tokenIds) => generation.Prompt.fromPartial({ tokenIds })),
    sampling,
    reader,
  );

it("names the request's field of a token id that the vocabulary lacks", async () => {
  const field = 'prompts[1].token_ids[2]';
  await expect(encode([1, 9], [0, 1, 10])).rejects.toMatchObject({
    ...{ kind: 'invalid-argument', reason: 'INVALID_FIELD' },
    message: `${field} must be below 10, the size of the model's vocabulary; is 10`,
    violations: [{ field }],
  });
  expect((await encode([1, 9], [0])).orders.map(({ promptIds }) => promptIds)).toEqual([[1, 9], [0]]);
});
