import { annotation as contract } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { agreementOf } from './agreement.ts';
import type { Annotation } from './annotation-book.ts';
import { annotatedPaths, labelsOf, majorityLabels } from './step-labels.ts';

const { CALCULATION } = contract.StepCriterion;

/** `r` right, `w` wrong, `?` cannot be judged: a letter a step. */
function says(annotator: string, pathKey: string, letters: string, changes: Partial<Annotation> = {}) {
  const steps = Array.from(letters, (letter) => ({
    invalid: letter === '?',
    broken: letter === 'w' ? [CALCULATION] : [],
  }));
  return contract.Annotation.fromPartial({ annotator, stage: 'sample-1', pathKey, steps, ...changes });
}

it('labels a step right that breaks no criterion, and leaves out what cannot be judged', () => {
  expect(labelsOf(says('a', 'p', 'rw?'))).toEqual([true, false, undefined]);
  expect(labelsOf(says('a', 'p', 'rw', { invalid: true }))).toEqual([undefined, undefined]);
});

it('takes the label of most annotators and none at a tie', () => {
  const paths = annotatedPaths([says('a', 'p', 'rrr?'), says('b', 'p', 'rww?'), says('c', 'p', 'wr??')]);
  expect(paths.map(majorityLabels)).toEqual([[true, true, undefined, undefined]]);
});

it('leaves out invalid paths', () => {
  expect(annotatedPaths([says('a', 'p', 'r', { invalid: true }), says('a', 'q', '?')])).toEqual([]);
});

it('compares every two annotators on the steps that both labelled', () => {
  const report = agreementOf([
    says('b', 'p', 'rrw?'),
    says('a', 'p', 'rwwr'),
    says('b', 'q', 'w'),
    says('a', 'r', 'rr'),
  ]);
  expect(report).toMatchObject({ annotators: ['a', 'b'], paths: 3, sharedSteps: 3, fleissKappa: undefined });
  // Three shared steps, two agreed: p_e = 1/3 * 2/3 + 2/3 * 1/3.
  expect(report.pairs).toEqual([
    { first: 'a', second: 'b', steps: 3, agreed: 2 / 3, cohenKappa: (2 / 3 - 4 / 9) / (1 - 4 / 9) },
  ]);
});

it("adds Fleiss' kappa from three annotators on, over the steps of all", () => {
  const three = ['a', 'b', 'c'].map((name) => says(name, 'p', name === 'c' ? 'rr' : 'rw'));
  const { fleissKappa, pairs } = agreementOf([...three, says('a', 'q', 'w')]);
  expect(pairs).toHaveLength(3);
  // P = (1 + 1/3) / 2; chance (4/6)^2 + (2/6)^2.
  expect(fleissKappa).toBeCloseTo((2 / 3 - 5 / 9) / (4 / 9), 12);
});
