import { generation } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { guardDecoding, MalformedRequest } from './guard-decoding.ts';

const { methods } = guardDecoding(generation.GenerationServiceDefinition);
const decode = (bytes: Uint8Array): unknown => methods['generate']?.requestType.decode(bytes);

/** A request whose one prompt's field, 1 the id or 2 the text, has these bytes. */
const requestWith = (field: number, text: readonly number[]): Uint8Array =>
  Uint8Array.from([0x12, text.length + 2, (field << 3) | 2, text.length, ...text]);

it('decodes texts of every length of characters, a byte-order mark included', () => {
  const text = '\uFEFFaé€😀\0';
  const request = decode(requestWith(2, [...Buffer.from(text)]));
  expect(request).toMatchObject({ prompts: [{ id: '', text }] });
});

it.each([
  ['a byte that begins nothing', [0xff]],
  ['half a character', [0x61, 0xc3]],
  ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
  ['a character written longer than it is', [0xc0, 0x80]],
])('refuses %s in a text instead of replacing it', (_, bytes) => {
  for (const field of [1, 2]) {
    const request = decode(requestWith(field, bytes));
    expect(request).toBeInstanceOf(MalformedRequest);
    expect(request).toMatchObject({ fault: 'a text of the request is not UTF-8' });
  }
});

it('distinguishes undecodable messages from invalid texts', () => {
  expect(decode(Uint8Array.from([0xff, 0xff]))).toMatchObject({
    fault: 'the request is not a message that this method takes',
  });
});
