import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeDuplicateThreshold, deduplicateCode, normalisedDistanceIsUnder } from './code-duplicates.ts';
import { normaliseCode } from './normalise-code.ts';

const settings = { language: 'python', threshold: codeDuplicateThreshold } as const;
const kept = (...texts: string[]) =>
  deduplicateCode(
    texts.map((text) => ({ questionId: 'q', text })),
    settings,
  ).map((path) => path.text);

const sum =
  'def total(numbers):\n    result = 0\n    for n in numbers:\n        result += n\n    return result\n';

describe('deduplicateCode', () => {
  it('drops a program that differs in comments and formatting only', () => {
    const commented = sum.replace('result = 0', 'result = 0  # nothing yet').replaceAll('    ', '\t');
    expect(kept(sum, commented)).toEqual([sum]);
  });

  it('drops a program a few letters away and keeps another one', () => {
    const other = 'def total(numbers):\n    return sum(numbers)\n';
    expect(kept(sum, sum.replaceAll(' n ', ' m '), other)).toEqual([sum, other]);
  });

  it.each([
    ['indentation levels', 'for x in xs:\n    a()\n    b()\n', 'for x in xs:\n    a()\nb()\n'],
    ['blanks inside a string', "print('a b')\n", "print('a  b')\n"],
  ])('sees a distance above 0 between programs that differ only in %s', (_what, first, second) => {
    const [one, other] = [first, second].map((text) => normaliseCode(text, 'python'));
    expect(normalisedDistanceIsUnder(one ?? '', other ?? '', 1e-9)).toBe(false);
    // Less than the tenth that METHOD.md calls near, once they stand in a longer program; not under a smaller threshold.
    const longer = [first, second].map((text) => ({ questionId: 'q', text: `${sum}${text}` }));
    expect(deduplicateCode(longer, settings)).toHaveLength(1);
    expect(deduplicateCode(longer, { language: 'python', threshold: 0.001 })).toHaveLength(2);
  });

  it('changes nothing when applied again', () => {
    const program = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 30 });
    fc.assert(
      fc.property(fc.array(program, { maxLength: 10 }), (programs) => {
        const once = kept(...programs);
        expect(kept(...once)).toEqual(once);
      }),
    );
  });

  it('keeps every program at a threshold of 0, and the first alone at 1', () => {
    const of = (...texts: string[]) => texts.map((text) => ({ questionId: 'q', text }));
    expect(deduplicateCode(of(sum, sum), { language: 'python', threshold: 0 })).toHaveLength(2);
    expect(deduplicateCode(of('aaa', 'bab', 'ccc'), { language: 'python', threshold: 1 })).toHaveLength(1);
  });

  it.each([-0.1, 1.1])('refuses the threshold %d', (threshold) => {
    expect(() => deduplicateCode([], { language: 'python', threshold })).toThrow(
      `duplicates.threshold must be in [0, 1], got ${threshold}`,
    );
  });
});

it('is strict about the threshold', () => {
  expect(normalisedDistanceIsUnder('aaaaaaaaaa', 'aaaaaaaaab', 0.1)).toBe(false);
  expect(normalisedDistanceIsUnder('aaaaaaaaaaa', 'aaaaaaaaaab', 0.1)).toBe(true);
  expect(normalisedDistanceIsUnder('', '', 0.1)).toBe(true);
  expect(normalisedDistanceIsUnder('', '', 0)).toBe(false);
  expect(normalisedDistanceIsUnder('', 'a', 1)).toBe(false);
  // 0.07 * 100 is 7.000000000000001 in double precision.
  expect(normalisedDistanceIsUnder('a'.repeat(100), 'a'.repeat(93) + 'b'.repeat(7), 0.07)).toBe(false);
  expect(normalisedDistanceIsUnder('a'.repeat(100), 'a'.repeat(94) + 'b'.repeat(6), 0.07)).toBe(true);
  // The share is of the longer program, whichever that is.
  expect(normalisedDistanceIsUnder('aaaa', 'aaaaa', 0.21)).toBe(true);
  expect(normalisedDistanceIsUnder('aaaaa', 'aaaa', 0.21)).toBe(true);
});

const indented = (unit: string, levels: readonly number[]) =>
  levels
    .map(
      (level, at) => `${unit.repeat(level)}${level < (levels[at + 1] ?? 0) ? `if a${at}:` : `b${at} = 1`}\n`,
    )
    .join('');

describe('normaliseCode', () => {
  it('leaves comment signs in strings alone', () => {
    expect(normaliseCode("x = \"# no\" # yes\ny = 'it\\'s #'", 'python')).toBe("x=\"# no\"\ny='it\\'s #'\n");
    expect(normaliseCode('x = "// no" // yes\n/* gone */ y = `/* stays */`', 'javascript')).toBe(
      'x="// no"y=`/* stays */`',
    );
  });

  it('drops documentation strings, and no other strings', () => {
    expect(normaliseCode('def f():\n    """What\n    it does."""\n    return 1', 'python')).toBe(
      'def f():\n\treturn 1\n',
    );
    expect(normaliseCode('x = (\n  """a"""\n)\n', 'python')).toBe('x=("""a""")\n');
  });

  it.each([
    ['indentation levels', 'for x in xs:\n    a()\n    b()\n', 'for x in xs:\n    a()\nb()\n'],
    ['a block that goes on', 'if a:\n  if b:\n    c()\n  d()\n', 'if a:\n  if b:\n    c()\n    d()\n'],
    ['blanks in a string', "x = 'a b'", "x = 'a  b'"],
    ['blanks in a formatted string', 'x = f"{d["a b"]} c"', 'x = f"{d["a  b"]} c"'],
    ['lines of a string', 'x = """a\n  b"""', 'x = """a\nb"""'],
    ['a blank between words', 'not x', 'notx'],
    ['a blank before a string', 'print(f "a")', 'print(f"a")'],
    ['the end of a line', 'x = a\n(b)', 'x = a(b)'],
    ['a comment sign in a string', "x = 'a # b'", "x = 'a # c'"],
  ])('finds no duplicate in programs that differ in %s', (_what, first, second) => {
    expect(normaliseCode(first, 'python')).not.toBe(normaliseCode(second, 'python'));
  });

  it.each([
    ['blanks in a string', 'x = "a b"', 'x = "a  b"'],
    ['blanks in a template', 'x = `a b`', 'x = `a\nb`'],
    ['a blank between words', 'typeof x', 'typeofx'],
    ['a line break behind return', 'return x', 'return\nx'],
    ['signs', 'a + +b', 'a++b'],
  ])('finds no duplicate in programs of JavaScript that differ in %s', (_what, first, second) => {
    expect(normaliseCode(first, 'javascript')).not.toBe(normaliseCode(second, 'javascript'));
  });

  it.each([
    ['a string behind words', 'return "a"', 'return"a"'],
    ['a line break behind return', 'return\n  x', 'return\nx'],
    ['a line break behind a name that ends in return', 'noreturn\n(x)', 'noreturn(x)'],
    ['a line break in front of return', 'x\nreturn', 'x return'],
    ['a comment of lines behind return', 'return /* a\nb */ x', 'return\nx'],
    ['a comment of a line behind a word', 'x // a//\ny', 'x y'],
    ['a comment between words', 'typeof/* what */x', 'typeof x'],
    ['a comment beside a sign', 'x /* a */ = y', 'x=y'],
    ['a comment behind a line break behind return', 'return\n/* a */ x', 'return\nx'],
    ['a line break behind what is returned', 'return x\ny', 'return x y'],
    ['a comment without an end', 'x /* a\n b', 'x'],
    ['a comment at the end', 'x // a', 'x'],
    ['a string without an end', 'x = "a  // b\ny', 'x="a  // b y'],
    ['a string of single quotes without an end', "x = 'a  // b\ny", "x='a  // b y"],
    ['a template without an end', 'x = `a  // b\ny', 'x=`a  // b\ny'],
    ['escaped quotes', '"a\\"// b" c', '"a\\"// b"c'],
    ['escaped single quotes', "'a\\'// b' c", "'a\\'// b'c"],
    ['escaped back quotes', '`a\\`// b` c', '`a\\`// b`c'],
    ['an escaped end of a line', '"a\\\n  // b"', '"a\\\n  // b"'],
    ['an escaped end of a line in single quotes', "'a\\\n  // b'", "'a\\\n  // b'"],
    ['signs', 'a + +b - -c', 'a+ +b- -c'],
    ['signs that are not alike', 'a + -b', 'a+-b'],
    ['a sign in front of a word', 'a + b = c * d', 'a+b=c*d'],
    ['equal signs', 'a = = b', 'a==b'],
    ['two commands on a line', 'x; y', 'x;y'],
  ])('writes programs of JavaScript without formatting: %s', (_what, program, bare) => {
    expect(normaliseCode(program, 'javascript')).toBe(bare);
  });

  it.each([
    ['words on lines of a bracket', 'f(a\nif b)', 'f(a if b)\n'],
    ['brackets in brackets', 'f([\n1],\n2)\ng()', 'f([1],2)\ng()\n'],
    ['a bracket that closes nothing', ')\nx', ')\nx\n'],
    ['a bracket that is never closed', 'f(\nx', 'f(x\n'],
    ['lines of blanks and comments', '\n  \n# a\nx\n', 'x\n'],
    ['documentation with a prefix', 'r"a"\nx', 'x\n'],
    ['a formatted string alone', 'f"{g()}"\nRF"{g()}"\nt"{g()}"', 'f"{g()}"\nRF"{g()}"\nt"{g()}"\n'],
    ['a word with f before a string', 'f\n"a"', 'f\n'],
    ['tabs up to the next eighth column', 'if a:\n   \tb\n        c', 'if a:\n\tb\n\tc\n'],
    [
      'blanks behind a tab that begins beside a column',
      'if a:\n   \tif b:\n         c',
      'if a:\n\tif b:\n\t\tc\n',
    ],
    ['two lines of a third level', 'if a:\n if b:\n  c\n  d', 'if a:\n\tif b:\n\t\tc\n\t\td\n'],
    ['a tab and blanks', 'if a:\n\tb\n\t  c', 'if a:\n\tb\n\t\tc\n'],
    ['blanks beside eight columns', 'if a:\n       b\n\tc', 'if a:\n\tb\n\t\tc\n'],
  ])('writes programs of Python without formatting: %s', (_what, program, bare) => {
    expect(normaliseCode(program, 'python')).toBe(bare);
  });

  it.each([
    ['x = [1,2]', 'x=[ 1, # one\n   2 ]\n\n'],
    ['if a:\n\tb = 1', 'if a : # why\n\n    b=1'],
    ['x = a + \\\n  b', 'x=a+b\n'],
    ['def f(a, b): pass', 'def  f( a,b ) :  pass\r\n'],
  ])('finds the same in other formatting: %s', (first, second) => {
    expect(normaliseCode(first, 'python')).toBe(normaliseCode(second, 'python'));
  });

  it('sees levels, however wide they are', () => {
    const levels = fc
      .array(fc.nat(3), { minLength: 1, maxLength: 8 })
      .map((all) =>
        all.reduce<number[]>((seen, level) => [...seen, Math.min(level, (seen.at(-1) ?? -1) + 1)], []),
      );
    fc.assert(
      fc.property(levels, levels, (first, second) => {
        const normal = normaliseCode(indented('    ', first), 'python');
        expect(normaliseCode(indented('\t', first), 'python')).toBe(normal);
        expect(normaliseCode(indented('  ', second), 'python') === normal).toBe(
          String(first) === String(second),
        );
      }),
    );
  });

  it('answers on any text', () => {
    const text = fc.string({
      unit: fc.constantFrom('"', "'", '`', '#', '/', '*', '\\', '\n', 'a', 'f', '{', '}', ' '),
    });
    fc.assert(
      fc.property(text, (program) => {
        for (const language of ['python', 'javascript'] as const) {
          const normal = normaliseCode(program, language);
          expect(normal.replaceAll(/\s/g, '').length).toBeLessThanOrEqual(program.length);
        }
      }),
    );
  });
});
