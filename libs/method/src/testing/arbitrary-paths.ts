import fc from 'fast-check';
import type { Outcome, Path } from '../path.ts';

/** Any outcome. */
export const outcomes = fc.constantFrom<Outcome>('correct', 'wrong', 'unknown');

/** A path of the given text, a step a line. */
export function pathOf(fields: Partial<Path> & Pick<Path, 'text'>): Path {
  const steps: { text: string; start: number; end: number }[] = [];
  for (const match of fields.text.matchAll(/[^\n]*\n|[^\n]+$/g)) {
    steps.push({ text: match[0], start: match.index, end: match.index + match[0].length });
  }
  return { questionId: 'q', iteration: 1, sampleIndex: 0, outcome: 'correct', steps, ...fields };
}

/** Paths of up to four questions, each with its own sample index, few different texts and any outcome. */
export const paths: fc.Arbitrary<Path[]> = fc
  .array(
    fc.record({
      questionId: fc.constantFrom('a', 'b', 'c', 'd'),
      text: fc.constantFrom('1+1=2', '1+1=2\n2*2=4', '2*2=4\n#### 4', 'no sums', 'No  sums!', ''),
      outcome: outcomes,
    }),
    { maxLength: 24 },
  )
  .map((fields) => fields.map((field, sampleIndex) => pathOf({ ...field, sampleIndex })));
