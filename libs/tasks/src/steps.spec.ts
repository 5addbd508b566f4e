import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinPrefix, splitSteps } from './steps.ts';

const texts = (completion: string) => splitSteps(completion).map((step) => step.text);

describe('splitSteps', () => {
  it('makes a step of every line and leaves the final-answer line with the last one', () => {
    expect(texts('one\ntwo\n#### 3')).toEqual(['one\n', 'two\n#### 3']);
  });

  it('gives blank lines to the step before them, leading ones to the first', () => {
    expect(texts('\n\none\n\n two\n\n')).toEqual(['\n\none\n\n', ' two\n\n']);
  });

  it('leaves everything after the final answer with the last step', () => {
    expect(texts('one\n#### 3\nQuestion: more\nlines')).toEqual(['one\n#### 3\nQuestion: more\nlines']);
  });

  it('takes no heading for the final answer', () => {
    expect(texts('#### Step 1: Add\n3+4=7\n#### 2. Take\n7-1=6\n#### 6')).toEqual([
      ...['#### Step 1: Add\n', '3+4=7\n', '#### 2. Take\n', '7-1=6\n#### 6'],
    ]);
  });

  it('makes one step of a bare final answer and none of nothing', () => {
    expect(texts('#### 3')).toEqual(['#### 3']);
    expect(texts(' \n')).toEqual([' \n']);
    expect(texts('')).toEqual([]);
  });

  it('loses nothing and numbers its offsets without gaps', () => {
    const lines = fc.array(fc.constantFrom('', ' ', 'a', '#### 1', ' ####2', '\r', 'b c'), { maxLength: 12 });
    const completions = fc.oneof(
      fc.string({ unit: 'binary' }),
      lines.map((parts) => parts.join('\n')),
    );
    fc.assert(
      fc.property(completions, (completion) => {
        const steps = splitSteps(completion);
        expect(joinPrefix(steps, steps.length)).toBe(completion);
        let end = 0;
        for (const step of steps) {
          expect([step.start, completion.slice(step.start, step.end)]).toEqual([end, step.text]);
          end = step.end;
        }
      }),
    );
  });
});

describe('joinPrefix', () => {
  it('joins the first steps', () => {
    const steps = splitSteps('one\ntwo\nthree');
    expect([0, 1, 2].map((count) => joinPrefix(steps, count))).toEqual(['', 'one\n', 'one\ntwo\n']);
  });

  it.each([-1, 4, 0.5])('refuses %s of three steps', (count) => {
    expect(() => joinPrefix(splitSteps('one\ntwo\nthree'), count)).toThrow(RangeError);
  });
});
