import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStopFinder } from './stop-finder.ts';

/** Pushes the pieces and gives the whole text before the stop. */
function run(
  pieces: readonly string[],
  stops: readonly string[],
): { text: string; stop: string | undefined } {
  const finder = createStopFinder(stops);
  let text = '';
  let stop: string | undefined;
  for (const piece of pieces) {
    const finding = finder.push(piece);
    text += finding.text;
    stop ??= finding.stop;
  }
  return { text: text + finder.finish(), stop };
}

describe('createStopFinder', () => {
  it('finds a stop string across pieces and cuts the text before it', () => {
    expect(run(['The answer', '\n', '\nQuest', 'ion: more'], ['\n\nQuestion:'])).toEqual({
      text: 'The answer',
      stop: '\n\nQuestion:',
    });
  });

  it('gives text at once that cannot begin a stop string, and holds back what can', () => {
    const finder = createStopFinder(['END']);
    expect(finder.push('abc')).toEqual({ text: 'abc', stop: undefined });
    expect(finder.push('dEN')).toEqual({ text: 'd', stop: undefined });
    expect(finder.push('E')).toEqual({ text: 'EN', stop: undefined });
    expect(finder.finish()).toBe('E');
  });

  it('finds a stop string that begins within a failed one', () => {
    expect(run(['a', 'a', 'b'], ['ab'])).toEqual({ text: 'a', stop: 'ab' });
  });

  it('takes the stop string that is complete first, though another began before it', () => {
    expect(run(['xabcd'], ['abcd', 'bc'])).toEqual({ text: 'xa', stop: 'bc' });
  });

  it('takes the longer of two that are complete at the same character', () => {
    expect(run(['xab'], ['b', 'ab'])).toEqual({ text: 'x', stop: 'ab' });
  });

  it('ignores what comes after the stop, and empty stop strings', () => {
    expect(run(['a;b', 'c;d'], ['', ';'])).toEqual({ text: 'a', stop: ';' });
    expect(run(['abc'], [''])).toEqual({ text: 'abc', stop: undefined });
  });

  it('gives the same whatever the pieces are', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 30 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 4 }));
    fc.assert(
      fc.property(letters, stops, fc.array(fc.nat(29)), (text, stopStrings, cuts) => {
        const borders = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
        const pieces = borders.slice(1).map((end, index) => text.slice(borders[index], end));
        expect(run(pieces, stopStrings)).toEqual(run([text], stopStrings));
      }),
      { numRuns: 500 },
    );
  });
});
