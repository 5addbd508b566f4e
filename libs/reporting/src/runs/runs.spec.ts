import type { RunConfig } from '@sipf/contracts';
import { evaluateVerifier } from '@sipf/evaluation';
import { createRng } from '@sipf/random';
import { describe, expect, it } from 'vitest';
import type { HeldOutVerifier } from '../error-analysis/held-out-verifier.ts';
import { noAnalysis } from '../error-analysis/run-analysis.ts';
import { ablationTable, hasAblation } from '../tables/ablation-table.ts';
import { verifierTable } from '../tables/verifier-table.ts';
import { configOf, reportedRun } from '../testing/reported-runs.ts';
import { accuracyGroups } from './accuracy-groups.ts';
import { methodSeries } from './method-series.ts';
import { recipeFacts } from './recipe-facts.ts';
import type { ReportedRun } from './reported-run.ts';
import { variantsOf } from './variants.ts';
import { verifierGroups } from './verifier-groups.ts';

describe('accuracies of several runs', () => {
  it('are means with the range over seeds, and intervals for one seed', () => {
    const runs = [
      reportedRun('a', configOf({ seed: 1 }), [50, 60]),
      reportedRun('b', configOf({ seed: 2 }), [54, 70, 80]),
    ];
    expect(accuracyGroups(runs)).toMatchObject([
      { name: 'SFT', seeds: [1, 2], accuracy: 0.52, low: 0.5, high: 0.54, correct: 104, total: 200 },
      { name: 'SIPF 1', accuracy: expect.closeTo(0.65, 12) as number, low: 0.6, high: 0.7 },
      { name: 'SIPF 2', seeds: [2], accuracy: 0.8, low: expect.closeTo(0.7, 12) as number },
    ]);
  });

  it('count a model that several runs share once', () => {
    const runs = [0.01, 0.1].map((lambda) => reportedRun(`l${lambda}`, configOf({ lambda }), [50, 60]));
    expect(accuracyGroups(runs).map(({ name, variant, seeds }) => [name, variant, seeds.length])).toEqual([
      ['SFT', '', 1],
      ['SIPF 1', 'alignment.lambda 0.01', 1],
      ['SIPF 1', 'alignment.lambda 0.1', 1],
    ]);
  });

  it('follow a method over its iterations with what it was trained on', () => {
    const runs = [configOf({ seed: 1 }), configOf({ seed: 2 })].map((config, at) =>
      reportedRun(`r${at}`, config, [50 + 2 * at, 60, 70]),
    );
    expect(methodSeries(runs)).toMatchObject([
      {
        label: 'SIPF',
        points: [
          { iteration: 0, accuracy: 0.51, low: 0.5, high: 0.52, trainingExamples: 100 },
          { iteration: 1, accuracy: 0.6, trainingExamples: 200 },
          { iteration: 2, accuracy: 0.7, trainingExamples: 300 },
        ],
      },
    ]);
  });
});

/** What a verifier's probabilities of two right steps and a wrong one come to. */
function verifierOf(probabilities: readonly number[], compared?: number): HeldOutVerifier {
  const [question, steps, labels] = ['q', ['a', 'b', 'c'], [true, true, false]];
  const path = { id: 'p', question, steps, labels, outcome: false, probabilities };
  const settings = { threshold: 0.5, calibrationShare: 0, aggregation: 'mean', rng: createRng('r') } as const;
  return { stage: 'score-1', compared, report: evaluateVerifier([path], settings) };
}

/** A run whose verifier says this of three steps. */
function scoredRun(id: string, config: RunConfig, probabilities: readonly number[]): ReportedRun {
  const analysis = { ...noAnalysis('no artifacts'), verifiers: [verifierOf(probabilities)] };
  return reportedRun(id, config, [50, 60], { analysis });
}

describe('verifiers of several runs', () => {
  const right = [0.9, 0.8, 0.1];
  const half = [0.9, 0.2, 0.7];

  it('are means with the range over seeds, kind by kind', () => {
    const groups = verifierGroups([
      scoredRun('a', configOf({ seed: 1 }), right),
      scoredRun('b', configOf({ seed: 2 }), half),
      scoredRun('c', configOf({ seed: 1, method: 'sipf-orm' }), half),
    ]);
    expect(groups).toMatchObject([
      {
        ...{ kind: 'PRM', variant: '', seeds: [1, 2] },
        figures: { stepAccuracy: expect.closeTo(2 / 3, 12) as number, auc: 0.75, steps: 6, paths: 2 },
        range: [expect.closeTo(1 / 3, 12) as number, 1],
      },
      { kind: 'ORM', seeds: [1], figures: { steps: 3 } },
    ]);
    const { rows, note } = verifierTable(groups);
    expect(rows.map(([kind, , , , accuracy, low]) => [kind, accuracy, low])).toEqual([
      ['PRM', expect.closeTo(2 / 3, 12), expect.closeTo(1 / 3, 12)],
      ['ORM', expect.closeTo(1 / 3, 12), undefined],
    ]);
    expect(note).toContain('Several seeds');
  });

  it('that one run compares have rows by their bases and kinds', () => {
    const comparedVerifiers = [
      { base: { model: '/models/math-7b' }, kind: 'process' as const },
      { base: 'policy' as const, kind: 'outcome' as const },
    ];
    const run = scoredRun('a', { ...configOf({ seed: 1 }), comparedVerifiers }, right);
    const verifiers = [...run.analysis.verifiers, verifierOf(half, 1), verifierOf(half, 2)];
    const groups = verifierGroups([{ ...run, analysis: { ...run.analysis, verifiers } }]);
    expect(groups.map(({ kind, base, figures }) => [kind, base, figures.stepAccuracy])).toEqual([
      ['PRM', 'simulator', 1],
      ['PRM', 'math-7b', expect.closeTo(1 / 3, 12)],
      ['ORM', 'policy', expect.closeTo(1 / 3, 12)],
    ]);
  });

  it('that runs share count once, and others by what sets them apart', () => {
    const sweep = [0.01, 0.1].map((lambda) => scoredRun(`l${lambda}`, configOf({ lambda }), right));
    expect(verifierGroups(sweep)).toMatchObject([{ variant: '', seeds: [1] }]);
    const apart = [right, half].map((probabilities, at) =>
      scoredRun(`l${at}`, configOf({ lambda: at + 1 }), probabilities),
    );
    expect(verifierGroups(apart).map(({ variant }) => variant)).toEqual([
      'alignment.lambda 1',
      'alignment.lambda 2',
    ]);
  });
});

it('runs of one method differ by the settings that differ, seeds aside', () => {
  const runs = [
    { id: 'a', config: configOf({ seed: 1 }) },
    { id: 'b', config: configOf({ seed: 2, lambda: 1 }) },
  ];
  expect([...variantsOf(runs)]).toEqual([
    ['a', 'alignment.lambda 0.1'],
    ['b', 'alignment.lambda 1'],
  ]);
  expect([...variantsOf(runs.slice(1))]).toEqual([['b', '']]);
});

it.each([
  [configOf(), 'process', 'orpo'],
  [configOf({ lambda: 0 }), 'process', 'nll'],
  [configOf({ pairing: 'outcome' }), 'outcome', 'orpo'],
  [configOf({ method: 'sft' }), 'none', 'sft'],
])('reads off a recipe what it learns from and by', (config, feedback, loss) => {
  expect(recipeFacts(config)).toMatchObject({ feedback, loss });
});

it('fills the rows of the ablation by what the runs leave out', () => {
  const whole = reportedRun('a', configOf(), [50, 60, 70]);
  const outcome = reportedRun('b', configOf({ pairing: 'outcome' }), [50, 55]);
  const table = ablationTable(accuracyGroups([whole, outcome]));
  expect(table.rows.map(([name, method, accuracy]) => [name, method, accuracy])).toEqual([
    ['SIPF, one iteration (pairs.pairing outcome-and-reward)', 'SIPF 1', 0.6],
    ['with iterations (pairs.pairing outcome-and-reward)', 'SIPF 2', 0.7],
    ['without process feedback (pairs.pairing outcome)', 'SIPF 1', 0.55],
    ['without the odds-ratio term', undefined, undefined],
    ['without both', undefined, undefined],
  ]);
  expect(hasAblation(table)).toBe(true);
  expect(hasAblation(ablationTable([]))).toBe(false);
});
