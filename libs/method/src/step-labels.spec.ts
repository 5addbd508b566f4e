import { createRng } from '@sipf/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from './path.ts';
import { labelSteps, selectForLabelling, stepLabel } from './step-labels.ts';
import { outcomes, pathOf, paths } from './testing/arbitrary-paths.ts';

const rollouts = (correct: number, wrong: number, unknown = 0): Outcome[] => [
  ...Array.from<Outcome>({ length: correct }).fill('correct'),
  ...Array.from<Outcome>({ length: wrong }).fill('wrong'),
  ...Array.from<Outcome>({ length: unknown }).fill('unknown'),
];

describe('stepLabel', () => {
  it.each([
    [rollouts(1, 7), 0, 1, 1 / 8],
    [rollouts(0, 8), 0, 0, 0],
    [rollouts(3, 5), 3, 0, 3 / 8],
    [rollouts(4, 4), 3, 1, 1 / 2],
  ])('of %j at tau %i is %i, softly %f', (outcomesOfStep, tau, hard, soft) => {
    expect(stepLabel(outcomesOfStep, tau)).toEqual({ hard, soft, rollouts: 8 });
  });

  it('takes no unknown roll-out for a negative', () => {
    expect(stepLabel(rollouts(0, 7, 1), 0)).toEqual({ hard: undefined, soft: 0, rollouts: 7 });
    expect(stepLabel(rollouts(1, 5, 2), 3)).toEqual({ hard: 0, soft: 1 / 6, rollouts: 6 });
    expect(stepLabel(rollouts(4, 0, 4), 3)).toEqual({ hard: 1, soft: 1, rollouts: 4 });
    expect(stepLabel(rollouts(0, 0, 8), 0)).toEqual({ hard: undefined, soft: undefined, rollouts: 0 });
  });

  it('gives no hard label that learning an unknown outcome could change', () => {
    fc.assert(
      fc.property(
        fc.array(outcomes, { maxLength: 8 }),
        fc.nat(8),
        fc.constantFrom('correct', 'wrong'),
        (all, tau, truth) => {
          const { hard } = stepLabel(all, tau);
          const known = all.map((outcome) => (outcome === 'unknown' ? truth : outcome));
          if (hard !== undefined) expect(stepLabel(known, tau).hard).toBe(hard);
        },
      ),
    );
  });

  it('never turns right to wrong when one more roll-out reaches the answer', () => {
    fc.assert(
      fc.property(fc.nat(8), fc.nat(8), fc.nat(8), (correct, wrong, tau) => {
        fc.pre(correct + wrong > 0);
        const before = stepLabel(rollouts(correct, wrong), tau).hard ?? 0;
        expect(stepLabel(rollouts(correct + 1, wrong), tau).hard).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  it('gives no label where no outcome is known, however many roll-outs tau asks for', () => {
    const none = { hard: undefined, soft: undefined, rollouts: 0 };
    expect(stepLabel([], 0)).toEqual(none);
    expect(stepLabel(rollouts(0, 0, 2), 3)).toEqual(none);
  });

  it.each([-1, Number.NaN, Infinity])('refuses the tau %d', (tau) => {
    expect(() => stepLabel(rollouts(1, 1), tau)).toThrow(`labelling.tau must be at least 0, got ${tau}`);
  });
});

describe('labelSteps', () => {
  const path = pathOf({ text: 'one\ntwo\nthree', outcome: 'wrong' });

  it("labels the last step by the path's outcome", () => {
    const labels = labelSteps(path, [rollouts(8, 0), rollouts(0, 8)], 0);
    expect(labels.map((label) => label.hard)).toEqual([1, 0, 0]);
    expect(labels.at(-1)?.rollouts).toBe(0);
    expect(labelSteps({ ...path, outcome: 'unknown' }, [[], []], 0).at(-1)).toEqual({
      hard: undefined,
      soft: undefined,
      rollouts: 0,
    });
  });

  it('refuses roll-outs that do not fit the steps', () => {
    expect(() => labelSteps(path, [rollouts(8, 0)], 0)).toThrow(
      expect.objectContaining({
        kind: 'invalid-argument',
        message: 'a path of 3 steps cannot be labelled from roll-outs of 1 prefixes',
        reason: 'ROLLOUTS_MISMATCH',
      }),
    );
    expect(() => labelSteps({ ...path, steps: [] }, [], 0)).toThrow('a path of 0 steps');
  });
});

describe('selectForLabelling', () => {
  const settings = fc.record({ questions: fc.nat(5), pathsPerQuestion: fc.nat(5) });

  it('takes as many questions and paths as asked where there are that many', () => {
    fc.assert(
      fc.property(paths, settings, (all, limits) => {
        const usable = all.filter((path) => path.outcome !== 'unknown' && path.steps.length > 0);
        const chosen = selectForLabelling(all, limits, createRng(1));
        const sizes = [...Map.groupBy(chosen, (path) => path.questionId).values()].map(
          (group) => group.length,
        );
        const questions = new Set(usable.map((path) => path.questionId)).size;
        expect(chosen).toEqual(usable.filter((path) => chosen.includes(path)));
        expect(sizes).toHaveLength(limits.pathsPerQuestion === 0 ? 0 : Math.min(questions, limits.questions));
        expect(sizes.every((size) => size <= limits.pathsPerQuestion)).toBe(true);
      }),
    );
  });

  it('does not depend on the order of the paths', () => {
    fc.assert(
      fc.property(paths, settings, fc.integer(), (all, limits, seed) => {
        const forward = selectForLabelling(all, limits, createRng(seed));
        const backward = selectForLabelling([...all].reverse(), limits, createRng(seed));
        expect(new Set(backward)).toEqual(new Set(forward));
      }),
    );
  });

  it('chooses others under another seed', () => {
    const all = Array.from({ length: 100 }, (_, index) => pathOf({ questionId: `q${index}`, text: 'x' }));
    const choose = (seed: number) =>
      selectForLabelling(all, { questions: 10, pathsPerQuestion: 1 }, createRng(seed));
    expect(choose(1)).not.toEqual(choose(2));
    // Pinned, so that every version chooses alike and runs can be repeated.
    expect(choose(1).map(({ questionId }) => questionId)).toEqual([
      ...['q15', 'q16', 'q23', 'q48', 'q49', 'q55', 'q66', 'q78', 'q91', 'q99'],
    ]);
  });

  it('draws the paths of each question for themselves', () => {
    const all = Array.from({ length: 40 }, (_, index) =>
      pathOf({ questionId: `q${index % 20}`, text: 'x', sampleIndex: Math.floor(index / 20) }),
    );
    const chosen = selectForLabelling(all, { questions: 20, pathsPerQuestion: 1 }, createRng(1));
    expect(new Set(chosen.map(({ sampleIndex }) => sampleIndex))).toEqual(new Set([0, 1]));
  });

  it.each(['questions', 'pathsPerQuestion'])('refuses a number of %s that is not a count', (setting) => {
    const limits = { questions: 1, pathsPerQuestion: 1, [setting]: -1 };
    expect(() => selectForLabelling([], limits, createRng(1))).toThrow(`labelling.${setting} must be`);
  });
});
