import fc from 'fast-check';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createIncrementalDecoder } from './incremental-decoder.ts';
import { loadTokenizer } from './load-tokenizer.ts';
import type { IncrementalDecoder } from './tokenizer.ts';

function decodeUtf8(ids: readonly number[]): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(ids));
}

/** Ids are bytes of UTF-8; 0x100 gives no text. */
function byteDecoder(promptIds: readonly number[] = []): IncrementalDecoder {
  return createIncrementalDecoder(decodeUtf8, (id) => id < 0x100, promptIds);
}

function pushAll(decoder: IncrementalDecoder, ids: readonly number[]): string[] {
  return [...ids.map((id) => decoder.push(id)), decoder.finish()];
}

describe('createIncrementalDecoder', () => {
  it('gives a character when its last byte is there', () => {
    expect(pushAll(byteDecoder(), [...Buffer.from('a½🦙')])).toEqual(['a', '', '½', '', '', '', '🦙', '']);
  });

  it('replaces a character that stays incomplete', () => {
    expect(pushAll(byteDecoder(), [0xe2, 0x82, 0x41, 0xf0])).toEqual(['', '', '\uFFFDA', '', '\uFFFD']);
  });

  it('continues a prompt without repeating it', () => {
    const prompt = [...Buffer.from('a long prompt, longer than any window')];
    expect(pushAll(byteDecoder(prompt), [...Buffer.from(' x')])).toEqual([' ', 'x', '']);
  });

  it('gives in total what a one-off decode gives, for any bytes', () => {
    const bytes = fc.array(
      fc.oneof(fc.nat(0x100), fc.constantFrom(0xe2, 0x82, 0xac, 0xf0, 0x9f, 0xa6, 0x99)),
      {
        maxLength: 80,
      },
    );
    fc.assert(
      fc.property(bytes, (ids) => {
        const text = ids.filter((id) => id < 0x100);
        expect(pushAll(byteDecoder(), ids).join('')).toBe(decodeUtf8(text));
      }),
      { numRuns: 1000 },
    );
  });
});

/** Real tokenizers; they are not part of the project. */
const STORIES = '../shared/models/stories260K';
const QWEN = '../shared/tokenizers/qwen2.5';

describe.each([
  ['SentencePiece with byte fallback', STORIES],
  ['byte-level BPE', QWEN],
])('incremental decoding with %s', (_, dir) => {
  it.skipIf(!existsSync(dir))('gives in total what a one-off decode gives, for any ids', () => {
    const tokenizer = loadTokenizer(dir);
    const id = fc.oneof(fc.nat(tokenizer.vocabSize + 5), fc.nat(300));
    fc.assert(
      fc.property(fc.array(id, { maxLength: 60 }), (ids) => {
        const pieces = pushAll(tokenizer.createIncrementalDecoder(), ids);
        expect(pieces.join('')).toBe(tokenizer.decode(ids));
      }),
      { numRuns: 300 },
    );
  });

  it.skipIf(!existsSync(dir))('splits a text anywhere into prompt and completion', () => {
    const tokenizer = loadTokenizer(dir);
    const ids = tokenizer.encode('Once upon a time, Lily saw  a big red ball.\nShe said: "½ 🦙?"');
    const text = tokenizer.decode(ids);
    for (let cut = 1; cut < ids.length; cut++) {
      const prompt = tokenizer.decode(ids.slice(0, cut));
      if (prompt.endsWith('\uFFFD')) continue;
      const decoder = tokenizer.createIncrementalDecoder({ promptIds: ids.slice(0, cut) });
      expect(prompt + pushAll(decoder, ids.slice(cut)).join(''), `cut at ${cut}`).toBe(text);
    }
  });
});
