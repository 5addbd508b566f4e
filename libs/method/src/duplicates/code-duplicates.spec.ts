import { SipfError } from '@sipf/errors';
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

  it('changes nothing when applied again', () => {
    const program = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 30 });
    fc.assert(
      fc.property(fc.array(program, { maxLength: 10 }), (programs) => {
        const once = kept(...programs);
        expect(kept(...once)).toEqual(once);
      }),
    );
  });

  it('keeps every program at a threshold of 0 and refuses one over 1', () => {
    const twice = [sum, sum].map((text) => ({ questionId: 'q', text }));
    expect(deduplicateCode(twice, { language: 'python', threshold: 0 })).toHaveLength(2);
    expect(() => deduplicateCode(twice, { language: 'python', threshold: 1.1 })).toThrow(SipfError);
  });
});

it('is strict about the threshold', () => {
  expect(normalisedDistanceIsUnder('aaaaaaaaaa', 'aaaaaaaaab', 0.1)).toBe(false);
  expect(normalisedDistanceIsUnder('aaaaaaaaaaa', 'aaaaaaaaaab', 0.1)).toBe(true);
  expect(normalisedDistanceIsUnder('', '', 0.1)).toBe(true);
});

describe('normaliseCode', () => {
  it('leaves comment signs in strings alone', () => {
    expect(normaliseCode("x = \"# no\" # yes\ny = 'it\\'s #'", 'python')).toBe("x=\"#no\"y='it\\'s#'");
    expect(normaliseCode('x = "// no" // yes\n/* gone */ y = `/* stays */`', 'javascript')).toBe(
      'x="//no"y=`/*stays*/`',
    );
  });

  it('drops documentation strings', () => {
    expect(normaliseCode('def f():\n    """What\n    it does."""\n    return 1', 'python')).toBe(
      'deff():return1',
    );
  });

  it('answers on any text', () => {
    const text = fc.string({ unit: fc.constantFrom('"', "'", '`', '#', '/', '*', '\\', '\n', 'a') });
    fc.assert(
      fc.property(text, (program) => {
        expect(normaliseCode(program, 'python')).not.toMatch(/\s/);
        expect(normaliseCode(program, 'javascript')).not.toMatch(/\s/);
      }),
    );
  });
});
