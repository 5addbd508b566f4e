import { parseRunConfig, type RunConfig } from '@sipf/contracts';
import { planRun, type Stage } from '@sipf/runs';
import { someResult } from '@sipf/runs/testing';
import { describe, expect, it } from 'vitest';
import { requireSomethingToLearn, warningsOf } from './something-to-learn.ts';

const optimisation = { learningRate: 1e-3 };

function configOf(changes: object = {}): RunConfig {
  return parseRunConfig({
    ...{
      task: { name: 'arithmetic' },
      policy: { model: 'm' },
      simulator: { model: 'policy' },
      sft: optimisation,
    },
    ...{ sampling: { maxNewTokens: 8 }, evaluation: { maxNewTokens: 8 } },
    simulation: { questions: 1, maxNewTokens: 8 },
    ...{ verifier: { optimisation }, pairs: {}, alignment: { optimisation } },
    ...changes,
  });
}

function stageOf(config: RunConfig, id: string): Stage {
  const stage = planRun(config).find((planned) => planned.id === id);
  if (stage === undefined) throw new RangeError(`no stage ${id}`);
  return stage;
}

function refusal(config: RunConfig, id: string, counts: Readonly<Record<string, number>>): string {
  try {
    requireSomethingToLearn(stageOf(config, id), someResult(id, { counts }), config);
  } catch (error) {
    expect(error).toMatchObject({ kind: 'failed-precondition', reason: 'NOTHING_TO_LEARN' });
    return (error as Error).message;
  }
  return '';
}

const drawn = (positive: number, negative: number) => ({ drawn: 8, unique: 8, positive, negative });

describe('a sampling stops the run', () => {
  it.each(['sipf', 'siof', 'rft', 'star', 'srf'])('of %s without a right path', (method) => {
    const message = refusal(configOf({ method }), 'sample-1', drawn(0, 8));
    expect(message).toContain('stage sample-1: none of 8 paths is right. To change: ');
    expect(message).toContain('sampling.pathsPerQuestion');
  });

  it('without a wrong path where pairs need one, and only there', () => {
    expect(refusal(configOf(), 'sample-1', drawn(8, 0))).toContain('none of 8 paths is wrong');
    expect(refusal(configOf({ method: 'rft' }), 'sample-1', drawn(8, 0))).toBe('');
  });

  it('not where rewards alone make pairs, nor where earlier iterations have left some', () => {
    expect(refusal(configOf({ pairs: { pairing: 'reward' } }), 'sample-1', drawn(0, 8))).toBe('');
    expect(refusal(configOf(), 'sample-2', drawn(0, 8))).toBe('');
    expect(refusal(configOf(), 'sample-1', drawn(1, 7))).toBe('');
  });
});

it('stops at labels, pairs and own paths that came to nothing', () => {
  expect(refusal(configOf(), 'label-1', { steps: 4, undecided: 4 })).toContain('no step of 4 has a label');
  expect(refusal(configOf(), 'label-1', { steps: 0, unlabelled: 3 })).toMatch(
    /none of 3 paths can be labelled\. To change: .*sampling\.maxNewTokens.*simulator\.model/,
  );
  expect(refusal(configOf(), 'score-1', { paths: 3, unscored: 3 })).toMatch(
    /the verifier can read none of 3 paths\. To change: .*verifier\.base/,
  );
  expect(refusal(configOf(), 'score-1', { paths: 3, unscored: 2 })).toBe('');
  expect(refusal(configOf(), 'pair-1', { latest: 0, pairs: 0 })).toContain('lower pairs.margin');
  expect(refusal(configOf({ method: 'siof' }), 'pair-1', { pairs: 0 })).not.toContain('pairs.margin');
  expect(refusal(configOf({ method: 'prft' }), 'filter-1', { paths: 0 })).toContain('lower filter.minReward');
  expect(refusal(configOf(), 'label-1', { steps: 4, undecided: 3 })).toBe('');
  expect(refusal(configOf(), 'pair-2', { latest: 0, pairs: 3 })).toBe('');
});

it('warns of a verifier that has seen labels of one kind', () => {
  const warned = (counts: Readonly<Record<string, number>>) =>
    warningsOf(stageOf(configOf(), 'train-verifier-1'), someResult('train-verifier-1', { counts }));
  expect(warned({ steps: 5, right: 0 })).toEqual([expect.stringContaining('all 5 labels are "wrong"')]);
  expect(warned({ steps: 5, right: 5 })[0]).toContain('all 5 labels are "right"');
  expect(warned({ steps: 5 })).toEqual([]);
});

it('warns of paths and rows that a stage could not work on, and how many they are', () => {
  const warned = (id: string, counts: Readonly<Record<string, number>>) =>
    warningsOf(stageOf(configOf(), id), someResult(id, { counts }));
  expect(warned('label-1', { paths: 5, unlabelled: 2 })).toEqual([
    expect.stringMatching(/^label-1: 2 paths have no labels/),
  ]);
  expect(warned('score-1', { paths: 5, unscored: 1 })).toEqual([
    expect.stringMatching(/^score-1: 1 paths have no reward/),
  ]);
  expect(warned('align-1', { pairs: 5, droppedRows: 3 })).toEqual([
    expect.stringMatching(/^align-1: 3 rows are left out of the training/),
  ]);
  expect(warned('evaluate-0', { total: 5, unasked: 4 })).toEqual([
    expect.stringMatching(/^evaluate-0: 4 questions fill the policy's longest sequence/),
  ]);
  expect(warned('score-1', { paths: 5, unscored: 0 })).toEqual([]);
});
