import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBytes, canonicalJson } from './canonical-json.ts';

describe('canonicalJson', () => {
  it('sorts keys at every depth and writes no white space', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'ü', 10: true, 9: -0 })).toBe(
      '{"10":true,"9":0,"a":"ü","b":[{"c":null,"d":1}]}',
    );
  });

  it('leaves out properties that are undefined', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it.each([NaN, Infinity, 1n, undefined, () => 1, [undefined], { a: { b: NaN } }])('refuses %s', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  it('is read back as the same value, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        const again: unknown = JSON.parse(text);
        expect(canonicalJson(reverseKeys(again))).toBe(text);
        expect(again).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('is UTF-8 as bytes', () => {
    expect(canonicalBytes('½')).toEqual(new Uint8Array([0x22, 0xc2, 0xbd, 0x22]));
  });
});

function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== 'object' || value === null) return value;
  const reversed = Object.entries(value).reverse();
  return Object.fromEntries(reversed.map(([key, field]) => [key, reverseKeys(field)]));
}
