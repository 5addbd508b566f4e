import fc from 'fast-check';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../storage/testing/temporary-folder.ts';
import { loadTokenizer } from './load-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Tokenizers and recorded ids; they are not part of the project. */
const SHARED = '../shared/tokenizers';
const STORIES = '../shared/models/stories260K';

/** Test strings and the ids that llama.cpp's converters recorded from the original tokenizers. */
function vectors(name: string): { text: string; ids: number[] }[] {
  const path = `${SHARED}/vectors/ggml-vocab-${name}.gguf`;
  const texts = readFileSync(`${path}.inp`, 'utf8').split('\n__ggml_vocab_test__\n');
  const lines = readFileSync(`${path}.out`, 'utf8').split('\n');
  return texts.map((text, index) => {
    const numbers = (lines[index] ?? '').split(' ').filter((word) => word !== '');
    return { text, ids: numbers.map(Number) };
  });
}

/** Texts of a vector file that are tokenized otherwise than recorded. */
function deviations(loaded: Tokenizer, name: string): string[] {
  const all = vectors(name);
  expect(all.length).toBeGreaterThan(40);
  return all
    .filter(({ text, ids }) => loaded.encode(text, { addSpecialTokens: false }).join() !== ids.join())
    .map(({ text }) => text);
}

/** CodeGen's tokenizer without the tokens that it adds to GPT-2's. */
function gpt2(): Tokenizer {
  const dir = temporaryFolder();
  const content = JSON.parse(readFileSync(`${SHARED}/codegen/tokenizer.json`, 'utf8')) as object;
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify({ ...content, added_tokens: [] }));
  return loadTokenizer(dir);
}

/** Any text; SentencePiece's mark of a space is one, and text of special tokens is as good as never drawn. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom(...Array.from(' \t\n\r\u0085\u00A0\u2028\u3000\uFEFF\u200Baé½Ⅷ٣你🦙.,')),
    maxLength: 40,
  }),
);

describe.skipIf(!existsSync(SHARED))('recorded token ids', () => {
  it.each([
    ['llama-2', 'llama-spm'],
    ['deepseek-coder', 'deepseek-coder'],
  ])('of %s are met in every vector', (tokenizer, name) => {
    expect(deviations(loadTokenizer(`${SHARED}/${tokenizer}`), name)).toEqual([]);
  });

  it('of Llama-2 with BOS are met for the texts of llama2.c', () => {
    const { cases } = JSON.parse(readFileSync(`${SHARED}/vectors/llama2-tokenizer-cases.json`, 'utf8')) as {
      cases: { text: string; ids: number[] }[];
    };
    const tokenizer = loadTokenizer(`${SHARED}/llama-2`);
    expect(cases.map(({ text }) => tokenizer.encode(text))).toEqual(cases.map(({ ids }) => ids));
  });

  it('of GPT-2 are met in every vector by the vocabulary that CodeGen shares with it', () => {
    expect(deviations(gpt2(), 'gpt-2')).toEqual([]);
  });

  it('of GPT-2 are met by CodeGen but where it has a token of its own for a run of spaces or tabs', () => {
    const tokenizer = loadTokenizer(`${SHARED}/codegen`);
    const runs = vectors('gpt-2').filter(({ text }) => / {2}|\t{2}/.test(text));
    expect(deviations(tokenizer, 'gpt-2')).toEqual(runs.map(({ text }) => text));
    for (const { text, ids } of runs) expect(tokenizer.decode(ids)).toBe(text);
  });

  it.each([
    ['llama-2', (text: string) => text.replaceAll('▁', ' ')],
    ['gemma', (text: string) => text.replaceAll('▁', ' ')],
    ['deepseek-coder', (text: string) => text],
    ['codegen', (text: string) => text],
    ['qwen2.5', (text: string) => text.normalize('NFC')],
  ])(
    'of %s decode to the text they came from, for 10,000 random texts',
    { timeout: 120_000 },
    (name, kept) => {
      const tokenizer = loadTokenizer(`${SHARED}/${name}`);
      const roundTrip = (text: string) =>
        tokenizer.decode(tokenizer.encode(text, { addSpecialTokens: false }));
      for (const { text } of vectors('llama-spm')) expect(roundTrip(text)).toBe(kept(text));
      fc.assert(
        fc.property(anyText, (text) => roundTrip(text) === kept(text)),
        { numRuns: 10_000, seed: 1 },
      );
    },
  );
});

describe.skipIf(!existsSync(STORIES))('the tokenizer of stories260K', () => {
  it('starts with BOS on request and gives back the recorded story', () => {
    const tokenizer = loadTokenizer(STORIES);
    const recorded: unknown = JSON.parse(readFileSync(`${STORIES}/expected.json`, 'utf8'));
    const { greedy_200_text: story } = recorded as { greedy_200_text: string };
    const ids = tokenizer.encode(story);
    expect(tokenizer).toMatchObject({ vocabSize: 512, bosTokenId: 1, eosTokenId: 2 });
    expect(ids[0]).toBe(1);
    expect(tokenizer.decode(ids)).toBe(story);
    expect(tokenizer.encode(story, { addSpecialTokens: false })).toEqual(ids.slice(1));
  });
});
