import * as library from '@huggingface/tokenizers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { specialTokens } from '../word-tokenizer.ts';
import { generateArithmetic } from './generate.ts';
import { arithmeticTokenIds, arithmeticVocabularySize, buildArithmeticTokenizer } from './tokenizer.ts';
import { vocabulary } from './vocabulary.ts';

/** The library's own declarations do not resolve under `nodenext`; this is the part used here. */
interface Tokenizer {
  encode(text: string, options?: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: number[], options?: { skip_special_tokens: boolean }): string;
}
const { Tokenizer: HuggingFaceTokenizer } = library as unknown as {
  Tokenizer: new (tokenizer: unknown, config: unknown) => Tokenizer;
};

const files = buildArithmeticTokenizer(256);
const tokenizer = new HuggingFaceTokenizer(JSON.parse(JSON.stringify(files.tokenizer)), files.config);
const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
const ordinaryIds = vocabulary.flatMap((token, id) =>
  Object.values(specialTokens).includes(token as never) ? [] : [id],
);

it('has 71 tokens, none of them the beginning of another', () => {
  expect(arithmeticVocabularySize).toBe(71);
  expect(new Set(vocabulary).size).toBe(71);
  const ordinary = ordinaryIds.map((id) => vocabulary[id] ?? '');
  const prefixes = ordinary.filter((token) =>
    ordinary.some((other) => other !== token && other.startsWith(token)),
  );
  expect(prefixes).toEqual([]);
});

it('decodes every generated text back to itself without an unknown token', () => {
  const { sft, loop, harder } = generateArithmetic({ seed: 3, strong: 0, harder: 300 });
  const texts = [...sft, ...loop, ...harder].flatMap((problem) => [
    `${problem.question}\n`,
    `${problem.solution ?? ''}\n#### ${problem.answer}`,
  ]);
  for (const text of texts) {
    const ids = encode(text);
    expect(tokenizer.decode(ids)).toBe(text);
    expect(ids).not.toContain(arithmeticTokenIds.unk);
  }
});

it('reads every sequence of ordinary tokens back as the same ids', () => {
  const sequences = fc.array(fc.constantFrom(...ordinaryIds), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(sequences, (ids) => {
      expect(encode(tokenizer.decode(ids))).toEqual(ids);
    }),
  );
});

it('puts the start token in front and keeps special tokens out of the text', () => {
  const { ids } = tokenizer.encode('Ann has 12 pens');
  expect(ids[0]).toBe(arithmeticTokenIds.bos);
  expect(tokenizer.decode([...ids, arithmeticTokenIds.eos], { skip_special_tokens: true })).toBe(
    'Ann has 12 pens',
  );
});

it('reads an unknown word as the unknown token', () => {
  expect(encode('Ann has 12 zebras')).toContain(arithmeticTokenIds.unk);
});
