import type { Path } from '@sipf/method';
import { arithmeticTask, type Problem } from '@sipf/tasks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesOver, signTest } from './changes.ts';
import type { Evaluation } from './evaluation.ts';
import { firstErrors } from './first-errors.ts';
import { heldOutVerifier } from './held-out-verifier.ts';
import { pathLengths } from './path-lengths.ts';
import { evenly, samplePairs } from './sample-pairs.ts';

const QUESTION = 'Ann has 12 pens, buys 5, and loses 3. How many full boxes of 4?';
const OTHER = QUESTION.replace('Ann', 'Ben');
const RIGHT = '<<12+5=17>>17\n<<17-3=14>>14\n<<14//4=3>>3\n#### 3';
const SLIPS = '<<12+5=18>>18\n<<18-3=15>>15\n<<15//4=3>>3\n#### 3';
const problems = new Map<string, Problem>(
  ['a', 'b', 'c', 'd'].map((id) => [id, { id, question: QUESTION, answer: '3' }]),
);

function evaluation(
  name: string,
  iteration: number,
  answers: Record<string, [string, boolean | undefined]>,
): Evaluation {
  return {
    ...{ stage: `evaluate-${iteration}`, name, iteration },
    answers: Object.entries(answers).map(([id, [text, correct]]) => ({ id, text, correct })),
  };
}

const before = evaluation('SFT', 0, {
  a: [RIGHT, true],
  b: [SLIPS, true],
  c: ['', false],
  d: ['', undefined],
});
const after = evaluation('SIPF 1', 1, {
  a: ['', false],
  b: [RIGHT, true],
  c: [RIGHT, true],
  d: [RIGHT, true],
});

it('counts first errors by kind and by position', () => {
  expect(firstErrors(arithmeticTask, problems, before)).toEqual({
    ...{ name: 'SFT', paths: 4, wrong: 3, byPosition: [3] },
    byKind: {
      calculation: 1,
      'wrong-operand': 0,
      'missing-step': 0,
      'extra-step': 0,
      'final-answer': 0,
      format: 2,
    },
  });
});

it('counts what an iteration repaired and broke, of the questions that both were judged on', () => {
  expect(changesOver([before, after])).toEqual([
    {
      ...{ from: 'SFT', to: 'SIPF 1', repaired: ['c'], broken: ['a'], bothRight: 1, bothWrong: 0 },
      pValue: 1,
    },
  ]);
});

describe('the sign test', () => {
  it('is the share of at least as uneven splits', () => {
    expect(signTest(0, 5)).toBeCloseTo(2 / 32, 12);
    expect(signTest(1, 5)).toBeCloseTo((2 * 7) / 64, 12);
    expect(signTest(0, 0)).toBe(1);
    expect(signTest(400, 600)).toBeCloseTo(2.7e-10, 11);
  });

  it('does not ask which side is which, and stays a probability', () => {
    const counts = fc.nat({ max: 3000 });
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        expect(signTest(a, b)).toBe(signTest(b, a));
        expect(signTest(a, b)).toBeGreaterThanOrEqual(0);
        expect(signTest(a, b)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

it('measures paths in steps, by their outcome too', () => {
  const lengths = pathLengths((text) => arithmeticTask.splitSteps(text), before);
  expect(lengths).toMatchObject({
    ...{ mean: 1.5, meanOfRight: 3, meanOfWrong: 0 },
    shortest: { id: 'c', steps: 0 },
    longest: { id: 'a', steps: 3 },
  });
  expect(pathLengths(() => [], { ...before, answers: [] })).toBeUndefined();
});

describe('with the verifier', () => {
  const pathOf = (questionId: string, text: string, sampleIndex = 0): Path => ({
    ...{ questionId, iteration: 1, sampleIndex, text, outcome: 'correct' },
    steps: arithmeticTask.splitSteps(text),
  });

  it('shows pairs of large, of small and of middling differences with their scores', () => {
    const pairs = [0.9, 0.3, 0.6, 0.5].map((difference, at) => ({
      ...{ questionId: 'a', difference, chosen: pathOf('a', RIGHT, at), rejected: pathOf('a', SLIPS, 9) },
    }));
    const probabilities = new Map([['1/9/a', [0.1, 0.2, 0.3]]]);
    const questions = new Map([['a', QUESTION]]);
    const shown = samplePairs(pairs, { questions, probabilities, count: 3 });
    expect(shown.map(({ difference }) => difference)).toEqual([0.9, 0.5, 0.3]);
    expect(shown[0]?.rejected[1]).toEqual({ text: '<<18-3=15>>15\n', probability: 0.2 });
    expect(shown[0]?.chosen[0]?.probability).toBeUndefined();
    expect(evenly([1, 2], 3)).toEqual([1, 2]);
  });

  it('measures it against the truth, on questions that it has not learnt from', () => {
    const paths = [pathOf('a', RIGHT), pathOf('b', SLIPS), pathOf('c', RIGHT)];
    const probabilities = new Map([
      ['1/0/a', [0.9, 0.9, 0.1]],
      ['1/0/b', [0.1, 0.9, 0.9]],
      ['1/0/c', [0, 0, 0]],
    ]);
    const scored = {
      stage: 'score-1',
      compared: undefined,
      paths,
      probabilities,
      trainedOn: new Set([OTHER]),
    };
    const another = { id: 'c', question: OTHER, answer: '3' };
    const { report } = heldOutVerifier(arithmeticTask, new Map([...problems, ['c', another]]), scored) ?? {};
    // Of SLIPS all steps are wrong: the later ones go on from the wrong count.
    expect(report).toMatchObject({ paths: 2, labelledSteps: 6, stepAccuracy: 0.5 });
    expect(heldOutVerifier(arithmeticTask, problems, { ...scored, paths: [] })).toBeUndefined();
  });
});
