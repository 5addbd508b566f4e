import * as library from '@huggingface/tokenizers';
import { expect, it } from 'vitest';
import { generatePrograms } from './generate.ts';
import { buildProgramTokenizer } from './tokenizer.ts';
import { programVocabulary } from './vocabulary.ts';

/** The library's own declarations do not resolve under `nodenext`; this is the part used here. */
interface Tokenizer {
  encode(text: string, options?: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: number[], options?: { skip_special_tokens: boolean }): string;
}
const { Tokenizer: HuggingFaceTokenizer } = library as unknown as {
  Tokenizer: new (tokenizer: unknown, config: unknown) => Tokenizer;
};

it('has no token that is the beginning of another', () => {
  const ordinary = programVocabulary.slice(4);
  expect(new Set(programVocabulary).size).toBe(programVocabulary.length);
  const prefixes = ordinary.filter((token) =>
    ordinary.some((other) => other !== token && other.startsWith(token)),
  );
  expect(prefixes).toEqual([]);
});

it('decodes every generated text back to itself without an unknown token', () => {
  const { tokenizer, config } = buildProgramTokenizer(256);
  const reader = new HuggingFaceTokenizer(JSON.parse(JSON.stringify(tokenizer)), config);
  const { sft, strong } = generatePrograms({ seed: 5, strong: 300, loop: 0, test: 0 });
  const lengths = [...sft, ...strong].map(({ question, solution = '' }) => {
    const text = `${question}\n${solution}`;
    const { ids } = reader.encode(text, { add_special_tokens: false });
    expect(reader.decode(ids, { skip_special_tokens: false })).toBe(text);
    expect(ids).not.toContain(3);
    return ids.length;
  });
  // With <s> and </s>, what a model of the task must be able to read.
  expect(Math.max(...lengths)).toBeLessThan(100);
});
