import { expect, it } from 'vitest';
import { pythonTokens } from './python-tokens.ts';

/** Tokens as `kind:text`, blanks between words left out. */
const read = (text: string) =>
  pythonTokens(text)
    .filter((token) => token.text !== ' ')
    .map(({ kind, text: found }) => `${kind}:${found}`);

it.each([
  ['a comment', 'x # no "string"\ny', ['word:x', 'comment:# no "string"', 'break:\n', 'word:y']],
  ['ends of lines', 'a\r\nb\rc', ['word:a', 'break:\r\n', 'word:b', 'break:\r', 'word:c']],
  ['a line that goes on', 'a\\\r\n\t\fb', ['word:a', 'blank:\\\r\n\t\f', 'word:b']],
  ['names and numbers', 'é_1.5+x', ['word:é_1.5', 'other:+', 'word:x']],
  ['blanks of all kinds', 'a \t\v\fb', ['word:a', 'blank: \t\v\f', 'word:b']],
  ['a backslash alone', '\\x', ['other:\\', 'word:x']],
])('reads %s', (_, text, tokens) => {
  expect(read(text)).toEqual(tokens);
});

it.each([
  ['an escaped quote', String.raw`'a\'b' c`, String.raw`'a\'b'`],
  ['a prefix', 'Rb"a" c', 'Rb"a"'],
  ['three quotes over lines', '"""a\n"b""" c', '"""a\n"b"""'],
  ['no end', "'a\nb'", "'a"],
  ['no end of three quotes', "'''a\nb", "'''a\nb"],
  ['an escape at its end', "'a\\", "'a\\"],
  ['a field with its own quotes', 'f"{d["a"]} b" c', 'f"{d["a"]} b"'],
  ['a field in a template string', 't"{d["a"]} b" c', 't"{d["a"]} b"'],
  ['a field with nested brackets', 'F"{ {1: (2)}["x"] }" c', 'F"{ {1: (2)}["x"] }"'],
  ['a brace in a string of a field', 'f"{d["}"]} b" c', 'f"{d["}"]} b"'],
  ["a brace in a field's string of other quotes", `f"{d['"}']} b" c`, `f"{d['"}']} b"`],
  ['no field, and a brace behind it', 'f"a" + "}" c', 'f"a"'],
  ['a brace where there are no fields, and one behind it', '"{a" + "}" c', '"{a"'],
  ['doubled braces', 'f"{{" + "}" c', 'f"{{"'],
  ['a field that no brace closes', 'f"{a" c', 'f"{a"'],
  // As Python reads it since 3.12: the field holds the string " + ".
  ['a field with a string in it', 'f"{a" + "}" c', 'f"{a" + "}"'],
  ['a field broken by the end of the line', 'f"{a\n}" c', 'f"{a'],
  ['a field whose string has no end', 'f"{\'a}" c', 'f"{\'a}"'],
  ['braces where there are no fields', '"{a" c', '"{a"'],
])('finds the string with %s', (_, text, string) => {
  expect(pythonTokens(text)[0]).toEqual({ kind: 'string', text: string });
});

it('keeps every unit of any text', () => {
  const text = 'x\u{1f600} \ud800 = "\u{1f600}" ~\0';
  expect(
    pythonTokens(text)
      .map((token) => token.text)
      .join(''),
  ).toBe(text);
});
