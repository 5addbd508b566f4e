import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../storage/testing/temporary-folder.ts';
import { writeTinyTokenizer } from '../storage/testing/tiny-model.ts';
import { loadTokenizer } from './load-tokenizer.ts';

function tinyTokenizer() {
  const dir = temporaryFolder();
  writeTinyTokenizer(dir, 5);
  return loadTokenizer(dir);
}

function folderWith(tokenizer: unknown): string {
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(tokenizer));
  return dir;
}

const parts = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };

describe('loadTokenizer', () => {
  it('finds the special tokens that tokenizer_config.json names, as strings or objects', () => {
    expect(tinyTokenizer()).toMatchObject({ vocabSize: 8, bosTokenId: 1, eosTokenId: 2, padTokenId: 0 });
  });

  it('leaves special tokens out of the text unless they are asked for', () => {
    const tokenizer = tinyTokenizer();
    expect(tokenizer.decode([1, 3, 4, 2])).toBe('w0 w1');
    expect(tokenizer.decode([1, 3, 2], { skipSpecialTokens: false })).toBe('<s> w0 </s>');
  });

  it('gives no text for ids that the vocabulary lacks, and none for no ids', () => {
    const tokenizer = tinyTokenizer();
    expect(tokenizer.decode([3, 7000])).toBe('w0');
    expect(tokenizer.decode([])).toBe('');
  });

  it.each([-1, 1.5, NaN])('refuses to decode %d', (id) => {
    expect(() => tinyTokenizer().decode([id])).toThrow(
      expect.objectContaining({ reason: 'TOKEN_OUT_OF_RANGE' }),
    );
  });

  it('refuses text that a vocabulary without an unknown token cannot express', () => {
    expect(() => tinyTokenizer().encode('w0 zebra')).toThrow(
      expect.objectContaining({ kind: 'invalid-argument', reason: 'TEXT_NOT_ENCODABLE' }),
    );
  });

  it.each([
    ['no template', { type: 'TemplateProcessing' }],
    ['a template of other things', { type: 'TemplateProcessing', single: [false] }],
  ])('says that the file is wrong where a text meets %s', (_, postProcessor) => {
    const vocab = { a: 0, b: 1 };
    const model = { type: 'WordLevel', vocab };
    const content = { ...parts, added_tokens: [], model, post_processor: postProcessor };
    const tokenizer = loadTokenizer(folderWith(content));
    expect(() => tokenizer.encode('a')).toThrow(
      expect.objectContaining({ kind: 'failed-precondition', reason: 'TOKENIZER_INVALID' }),
    );
  });

  it('refuses 10 MB of text', () => {
    expect(() => tinyTokenizer().encode('w0 '.repeat(3_500_000))).toThrow(
      expect.objectContaining({ kind: 'invalid-argument', reason: 'TEXT_TOO_LONG' }),
    );
  });

  it.each([
    ['no model', { ...parts, added_tokens: [] }, 'tokenizer.json/model'],
    ['no added tokens', { ...parts, model: { vocab: { a: 0 } } }, 'tokenizer.json/added_tokens'],
    [
      'an added token of an absurd id',
      { ...parts, model: { vocab: { a: 0 } }, added_tokens: [{ id: 2 ** 40, content: 'x' }] },
      'tokenizer.json/added_tokens/0/id',
    ],
    [
      'an empty vocabulary',
      { ...parts, model: { vocab: {} }, added_tokens: [] },
      'tokenizer.json/model/vocab',
    ],
    [
      'a vocabulary with a negative id',
      { ...parts, model: { vocab: { a: -1 } }, added_tokens: [] },
      'tokenizer.json/model/vocab',
    ],
    [
      'a vocabulary with an absurd id',
      { ...parts, model: { vocab: { a: 2 ** 31 } }, added_tokens: [] },
      'tokenizer.json/model/vocab',
    ],
  ])('refuses a file with %s, the field named', (_, content, field) => {
    expect(() => loadTokenizer(folderWith(content))).toThrow(
      expect.objectContaining({
        kind: 'failed-precondition',
        reason: 'TOKENIZER_INVALID',
        violations: [expect.objectContaining({ field })],
      }),
    );
  });

  it.each([
    { ...parts, decoder: { type: 'Sorcery' }, model: { vocab: { a: 0 } }, added_tokens: [] },
    { model: { vocab: { a: 0 } }, added_tokens: [] },
    { ...parts, model: { type: 'BPE', vocab: { a: 0 } }, added_tokens: [] },
  ])('refuses a file that the library cannot use', (content) => {
    expect(() => loadTokenizer(folderWith(content))).toThrow(
      expect.objectContaining({ kind: 'failed-precondition', reason: 'TOKENIZER_INVALID' }),
    );
  });
});
