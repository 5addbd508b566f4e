import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../storage/testing/temporary-folder.ts';
import { loadTokenizer } from './load-tokenizer.ts';
import { inProportion } from './tokenizer-bounds.ts';

const LONG = 'a'.repeat(60);
const LETTERS = 'abcdefghijklmnopqrstuvwxyz!';

/** A tokenizer of letters, and a word, with parts of its own. */
function tokenizerWith(parts: object) {
  const dir = temporaryFolder();
  const vocab = Object.fromEntries([...Array.from(LETTERS), LONG].map((token, id) => [token, id]));
  const model = { type: 'BPE', vocab, merges: [], unk_token: null };
  const empty = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
  };
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify({ ...empty, model, ...parts }));
  return loadTokenizer(dir);
}

const replace = (pattern: object, content: string) => ({ type: 'Replace', pattern, content });
const sequence = (...normalizers: readonly object[]) => ({ type: 'Sequence', normalizers });
const HOSTILE = { Regex: '(a|a)*(a|a)*!!' };

describe('a tokenizer whose expressions backtrack for ever', () => {
  it.each([
    [
      'pre-tokenizer',
      { pre_tokenizer: { type: 'Split', pattern: HOSTILE, behavior: 'Isolated', invert: false } },
    ],
    ['normaliser', { normalizer: sequence(replace(HOSTILE, 'b')) }],
  ])('fails on such a text by its %s, and reads others', (_, parts) => {
    const tokenizer = tokenizerWith(parts);
    const start = performance.now();
    expect(() => tokenizer.encode(LONG)).toThrow(
      expect.objectContaining({
        reason: 'TOKENIZER_INVALID',
        message: expect.stringContaining('come to no end') as string,
      }) as Error,
    );
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(tokenizer.encode('bc')).toEqual([1, 2]);
  });

  it('fails on such tokens by its decoder', () => {
    const tokenizer = tokenizerWith({ decoder: replace(HOSTILE, 'b') });
    expect(() => tokenizer.decode([LETTERS.length])).toThrow(/come to no end/);
  });
});

it('a short text has time for a collection of garbage beside large vocabularies', () => {
  let attempts = 0;
  const collect = () => {
    attempts += 1;
    const start = process.threadCpuUsage();
    while (attempts === 1 && process.threadCpuUsage(start).user < 150_000);
    return 'read';
  };
  expect(inProportion(1, collect)).toBe('read');
});

describe('a tokenizer whose replacements grow', () => {
  it.each([
    [
      'step by step',
      'normalizer',
      sequence(...Array.from({ length: 30 }, () => replace({ String: 'a' }, 'aa'))),
    ],
    ['at once', 'normalizer', replace({ String: 'a' }, 'b'.repeat(1000))],
    ['between characters', 'normalizer', replace({ String: '' }, 'b'.repeat(1000))],
    ['by an expression', 'normalizer', replace({ Regex: '' }, 'b'.repeat(1000))],
    [
      'for spaces',
      'pre_tokenizer',
      { type: 'Sequence', pretokenizers: [{ type: 'Metaspace', replacement: '_'.repeat(1000) }] },
    ],
    [
      'before parts of words',
      'model',
      {
        ...{ type: 'WordPiece', vocab: { a: 0, '[UNK]': 1 }, unk_token: '[UNK]' },
        continuing_subword_prefix: '#'.repeat(1000),
      },
    ],
    ['before the text', 'normalizer', { type: 'Prepend', prepend: 'b'.repeat(100_000) }],
    [
      'in the decoder',
      'decoder',
      { type: 'Sequence', decoders: [replace({ String: 'a' }, 'b'.repeat(1000))] },
    ],
  ])('is refused: %s', (_, field, part) => {
    expect(() => tokenizerWith({ [field]: part })).toThrow(
      expect.objectContaining({
        reason: 'TOKENIZER_INVALID',
        violations: [expect.objectContaining({ field: `tokenizer.json/${field}` })],
      }) as Error,
    );
  });

  it('is read where they grow as models’ own do', () => {
    const tokenizer = tokenizerWith({
      normalizer: sequence(
        replace({ String: 'a' }, 'bb'),
        { type: 'Prepend', prepend: 'c' },
        { type: 'NFKC' },
      ),
    });
    expect(tokenizer.encode('a')).toEqual([2, 1, 1]);
  });
});

it('refuses a tokenizer.json that nests without an end', () => {
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'tokenizer.json'), `{"normalizer":${'['.repeat(10_000_000)}`);
  expect(() => loadTokenizer(dir)).toThrow(
    expect.objectContaining({ reason: 'MODEL_FILE_INVALID' }) as Error,
  );
});
