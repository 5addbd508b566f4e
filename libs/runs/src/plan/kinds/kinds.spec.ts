import type { Stage as RecipeStage } from '@sipf/method';
import { expect, it } from 'vitest';
import { rowOf, STAGE_KINDS, type StageKind } from '../stage-kinds.ts';
import type { StageKindRow } from './stage-kind.ts';

type Counts = Readonly<Record<string, number>>;

const rows = Object.entries(STAGE_KINDS) as [StageKind, StageKindRow][];
const PAIRS: RecipeStage = { kind: 'pair', pairing: 'outcome-and-reward', accumulate: true };
const REWARDED_PAIRS: RecipeStage = { ...PAIRS, pairing: 'reward' };
const KEPT: RecipeStage = { kind: 'filter', by: 'outcome', accumulate: true };
const GREEDILY_KEPT: RecipeStage = { ...KEPT, accumulate: false };

/** Why a run ends after a stage; undefined where it continues. */
function endOf(kind: StageKind, counts: Counts, facts: object = {}, readers: readonly RecipeStage[] = []) {
  const why = rowOf(kind).hopeless?.(counts as never, facts as never, readers);
  return why && `${why.what}: ${why.remedy}`;
}

it.each<[string, StageKind, Counts, object, RecipeStage[], string]>([
  [
    'no right path for pairs',
    'sample',
    { drawn: 8, positive: 0, negative: 8 },
    { iteration: 1 },
    [PAIRS],
    'none of 8 paths is right: train the policy',
  ],
  [
    'no right path to learn from',
    'sample',
    { drawn: 8, positive: 0, negative: 8 },
    { iteration: 1 },
    [KEPT],
    'none of 8 paths is right',
  ],
  [
    'no right path in a later round that keeps its own alone',
    'sample',
    { drawn: 8, positive: 0, negative: 8 },
    { iteration: 2 },
    [GREEDILY_KEPT],
    'none of 8 paths is right',
  ],
  [
    'no wrong path for pairs',
    'sample',
    { drawn: 8, positive: 8, negative: 0 },
    { iteration: 1 },
    [KEPT, PAIRS],
    'none of 8 paths is wrong, so there is nothing to prefer: draw more paths',
  ],
  [
    'no labels since none could be asked for',
    'label',
    { steps: 0, undecided: 0, unlabelled: 3 },
    {},
    [],
    'none of 3 paths can be labelled: let paths be shorter',
  ],
  [
    'no step decided',
    'label',
    { steps: 5, undecided: 5 },
    {},
    [],
    'no step of 5 has a label: draw more simulation.rollouts',
  ],
  ['no path with steps', 'label', { steps: 0, undecided: 0 }, {}, [], 'no step of 0 has a label'],
  [
    'no path that the verifier reads',
    'score',
    { paths: 4, unscored: 4 },
    {},
    [],
    'the verifier can read none of 4 paths: let paths be shorter (sampling.maxNewTokens), or give a simulator that takes such texts (simulator.model) or another verifier.base',
  ],
  [
    'no path kept',
    'filter',
    { paths: 0 },
    {},
    [],
    'no own path is left to learn from: lower filter.minReward, or train the policy',
  ],
  [
    'no pair over the margin',
    'pair',
    { pairs: 0 },
    { method: PAIRS },
    [],
    'no two paths of a question make a pair: lower pairs.margin, or draw more paths',
  ],
  [
    'no pair of outcomes',
    'pair',
    { pairs: 0 },
    { method: { ...PAIRS, pairing: 'outcome' } },
    [],
    'no two paths of a question make a pair: draw more paths',
  ],
])('ends a run for want of something to learn from: %s', (_, kind, counts, facts, readers, why) => {
  expect(endOf(kind, counts, facts, readers)?.slice(0, why.length)).toBe(why);
});

it.each<[string, StageKind, Counts, object, RecipeStage[]]>([
  [
    'rewards order wrong paths too',
    'sample',
    { drawn: 8, positive: 0, negative: 8 },
    { iteration: 1 },
    [REWARDED_PAIRS],
  ],
  ['nobody learns from these paths', 'sample', { drawn: 8, positive: 0, negative: 8 }, { iteration: 1 }, []],
  ['earlier rounds left pairs', 'sample', { drawn: 8, positive: 0, negative: 8 }, { iteration: 2 }, [PAIRS]],
  [
    'own paths need no wrong ones',
    'sample',
    { drawn: 8, positive: 8, negative: 0 },
    { iteration: 1 },
    [KEPT],
  ],
  ['there is a path of each', 'sample', { drawn: 8, positive: 1, negative: 1 }, { iteration: 1 }, [PAIRS]],
  ['one step is decided', 'label', { steps: 5, undecided: 4, unlabelled: 9 }, {}, []],
  ['one path is scored', 'score', { paths: 4, unscored: 3 }, {}, []],
  ['there was nothing to score', 'score', { paths: 0, unscored: 0 }, {}, []],
  ['one path is kept', 'filter', { paths: 1 }, {}, []],
  ['there is a pair', 'pair', { pairs: 1 }, { method: PAIRS }, []],
])('goes on where %s', (_, kind, counts, facts, readers) => {
  expect(endOf(kind, counts, facts, readers)).toBeUndefined();
});

it.each<[StageKind, Counts, RegExp[]]>([
  ['sft', { examples: 3, droppedRows: 2 }, [/^2 rows are left out of the training: .*maxSequenceTokens/]],
  ['sft', { examples: 3, droppedRows: 0 }, []],
  ['label', { steps: 1, unlabelled: 2 }, [/^2 paths have no labels: /]],
  ['label', { steps: 1 }, []],
  ['score', { paths: 4, unscored: 1 }, [/^1 paths have no reward: /]],
  ['score', { paths: 4, unscored: 0 }, []],
  ['train-verifier', { steps: 4, droppedRows: 0, right: 0 }, [/^all 4 labels are "wrong": .*both outcomes/]],
  ['train-verifier', { steps: 4, droppedRows: 1, right: 4 }, [/^1 rows/, /^all 4 labels are "right"/]],
  ['train-verifier', { steps: 4, droppedRows: 0, right: 3 }, []],
  ['train-verifier', { steps: 4, droppedRows: 0 }, []],
  ['train-verifier', { steps: 0, droppedRows: 0, right: 0 }, []],
])('says what is odd about %s with %j', (kind, counts, words) => {
  const found = rowOf(kind).oddities?.(counts as never);
  expect(found).toEqual(words.map((pattern) => expect.stringMatching(pattern) as string));
});

const ndjson = (digest: string) => ({ digest, mediaType: 'application/x-ndjson' });

it.each<[StageKind, object, Counts, string, object]>([
  ['sample', { paths: 'p' }, { positive: 2, negative: 3 }, 'sampled', { paths: ndjson('p'), count: 5n }],
  ['label', { labels: 'l' }, { paths: 4 }, 'labelled', { labels: ndjson('l'), count: 4n }],
  [
    'train-verifier',
    { model: 'm+a' },
    {},
    'verifierTrained',
    { verifier: { digest: 'm', adapterDigest: 'a' } },
  ],
  ['score', { scores: 's' }, { paths: 4 }, 'scored', { scores: ndjson('s'), count: 4n }],
  ['pair', { preferences: 'd' }, { pairs: 6 }, 'paired', { pairs: ndjson('d'), count: 6n }],
  ['align', { model: 'm' }, {}, 'aligned', { policy: { digest: 'm', adapterDigest: '' } }],
  ['sft', { model: 'm' }, {}, 'aligned', { policy: { digest: 'm', adapterDigest: '' } }],
  ['evaluate', {}, { correct: 3, total: 4 }, 'evaluated', { correct: 3, total: 4 }],
])('reports the end of %s as a boundary of its iteration', (kind, outputs, counts, $case, value) => {
  expect(rowOf(kind).boundary?.({ outputs, counts } as never)).toMatchObject({ $case, value });
});

it('describes every kind in words of its own, and every model that one leaves', () => {
  expect(new Set(rows.map(([, { description }]) => description)).size).toBe(rows.length);
  const roles = rows.flatMap(([, { trains }]) => (trains === undefined ? [] : [trains.role]));
  expect(new Set(roles).size).toBe(roles.length);
  for (const words of [...roles, ...rows.map(([, { description }]) => description)])
    expect(words).toMatch(/^\S.{5,}/);
  for (const [, { trains }] of rows) {
    for (const counted of Object.values(trains?.learntFrom ?? {})) expect(counted).toMatch(/\w{3}/);
  }
});
