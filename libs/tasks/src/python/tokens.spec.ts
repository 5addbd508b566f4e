import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tokenisePython } from './tokens.ts';

const meaning = (text: string) =>
  tokenisePython(text)
    .filter(({ kind }) => kind !== 'space')
    .map(({ kind, start, end }) => [kind, text.slice(start, end)]);

/** Texts that look like programs, so that quotes, braces and brackets meet each other. */
const pieces = [
  '"""',
  "'",
  '"',
  'f"',
  "rb'",
  '{',
  '}',
  '\\',
  '\n',
  '\r\n',
  '#',
  ' ',
  '\t',
  'x',
  '9',
  ':',
  '(',
  ']',
  '…',
  '\ud800',
];
const programLike = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join(''));

it('gives any text back, token by token', () => {
  fc.assert(
    fc.property(fc.oneof(programLike, fc.string({ unit: 'binary' })), (text) => {
      const tokens = tokenisePython(text);
      expect(tokens.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
      expect(tokens.every(({ start, end }) => end > start)).toBe(true);
    }),
  );
});

it('distinguishes names, numbers, operators and comments', () => {
  expect(meaning('é_1 := 0x_ff**1_0.5e-3j # x\n')).toEqual([
    ['name', 'é_1'],
    ['operator', ':='],
    ['number', '0x_ff'],
    ['operator', '**'],
    ['number', '1_0.5e-3j'],
    ['comment', '# x'],
    ['newline', '\n'],
  ]);
});

it.each([
  ['plain', `'a#b'`],
  ['escaped quotes', String.raw`"a\"b"`],
  ['raw, where a backslash still hides the quote', String.raw`r'\'b'`],
  ['bytes', `Rb"x"`],
  ['triple-quoted over lines', `"""a\n"b"\n"""`],
  ['formatted', `f'{x!r:>{width}}'`],
  ['formatted with the same quotes inside a field', `f"{d["k"]} and {'}'}"`],
  ['formatted with a nested formatted one', `f"{f"{1 + 1}"}"`],
  ['formatted with escaped braces', `f"{{not a field"`],
  ['formatted over lines', `f'''{\n  x\n}'''`],
])('takes a string whole: %s', (_what, text) => {
  expect(meaning(`${text} x`)).toEqual([
    ['string', text],
    ['name', 'x'],
  ]);
});

it('ends a string without an end at its line, and calls it unknown', () => {
  expect(meaning(`x = 'abc\ny`)).toEqual([
    ['name', 'x'],
    ['operator', '='],
    ['unknown', "'abc"],
    ['newline', '\n'],
    ['name', 'y'],
  ]);
});
