import { loadTokenizer, type Tokenizer } from '@sipf/models';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeText, isSurelyLonger } from './encode-text.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { wordTokenizer } from './testing/word-tokenizer.ts';

const folder = temporaryFolder();
let tokenizer: Tokenizer;

beforeAll(() => {
  const files = wordTokenizer(['a', 'b']);
  const dir = join(folder.path, 'tokenizer');
  mkdirSync(dir);
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(files.tokenizer));
  writeFileSync(join(dir, 'tokenizer_config.json'), JSON.stringify(files.config));
  tokenizer = loadTokenizer(dir);
});

afterAll(() => {
  folder[Symbol.dispose]();
});

const limit = { field: 'prompts[3].text', maxTokens: 4 };

it('gives the ids of a text that fits', () => {
  expect(encodeText(tokenizer, 'a b a', limit)).toEqual([1, 3, 4, 3]);
});

it('gives nothing for a text of one token too many', () => {
  expect(encodeText(tokenizer, 'a b a b', limit)).toBeUndefined();
});

it('names the field of a text that the vocabulary lacks', () => {
  expect(() => encodeText(tokenizer, 'a c', limit)).toThrow(
    expect.objectContaining({
      kind: 'invalid-argument',
      reason: 'TEXT_NOT_ENCODABLE',
      violations: [expect.objectContaining({ field: 'prompts[3].text' })],
    }),
  );
});

it('refuses a text that has no token at all', () => {
  const bare: Tokenizer = { ...tokenizer, encode: (text) => tokenizer.encode(text).slice(1) };
  expect(() => encodeText(bare, ' ', limit)).toThrow('prompts[3].text must have at least one token');
});

it('sees from its beginning that a huge text is too long', () => {
  let read = 0;
  const counting: Tokenizer = {
    ...tokenizer,
    encode: (text) => {
      read += text.length;
      return tokenizer.encode(text);
    },
  };
  expect(encodeText(counting, 'a '.repeat(400_000), limit)).toBeUndefined();
  expect(read).toBeLessThan(1000);
});

it('does not mistake long words for many tokens', () => {
  expect(isSurelyLonger(tokenizer, `${'a '.repeat(3)}${' '.repeat(5000)}b`, 4)).toBe(false);
});

it('leaves a beginning that cannot be read to the whole text', () => {
  expect(isSurelyLonger(tokenizer, 'x'.repeat(5000), 4)).toBe(false);
});
