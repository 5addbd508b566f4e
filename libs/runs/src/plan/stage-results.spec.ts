import { expect, it } from 'vitest';
import { someResult } from '../testing/index.ts';
import { kindOfStage, STAGE_KINDS } from './stage-kinds.ts';
import { faultOfResult, readResult, resultOf, stageResult, type StageResult } from './stage-results.ts';

const evaluated = someResult('evaluate-2', { counts: { correct: 3, total: 4 } });

it('knows the kind of every stage by its id', () => {
  const ids = {
    ...{
      data: 'data',
      'sft-0': 'sft',
      'continued-sft': 'continued-sft',
      'train-verifier-1': 'train-verifier',
    },
    ...{ 'evaluate-2': 'evaluate', 'evaluate-mmlu-math-2': 'evaluate', 'evaluate-continued-sft': 'evaluate' },
    ...{ 'evaluate-samples-2': 'evaluate-samples', 'evaluate-samples-continued-sft': 'evaluate-samples' },
  };
  for (const [id, kind] of Object.entries(ids)) expect(kindOfStage(id)).toBe(kind);
  expect(kindOfStage('sampled-1')).toBeUndefined();
});

it('reads only kinds that there are', () => {
  const read = Object.values(STAGE_KINDS).flatMap(({ reads }) => Object.keys(reads));
  expect(Object.keys(STAGE_KINDS)).toEqual(expect.arrayContaining(read));
});

it('finds nothing wrong with a result of every kind', () => {
  for (const kind of Object.keys(STAGE_KINDS)) expect(faultOfResult(kind, someResult(kind))).toBeUndefined();
  const sampled = { 'pass@1': 0.5, 'maj@8': 0.5, 'best@8': NaN };
  expect(
    faultOfResult('evaluate-samples-1', someResult('evaluate-samples-1', { figures: sampled })),
  ).toBeUndefined();
});

it.each<[string, Partial<StageResult>, string, string]>([
  ['a misspelt name', { counts: { corect: 3 } }, 'counts.corect', 'is an unknown name'],
  ['a number that is none', { counts: { correct: 1.5 } }, 'counts.correct', 'is invalid: '],
  ['a negative number', { counts: { total: -1 } }, 'counts.total', 'is invalid: '],
  ['an unknown output', { outputs: { path: 'sha256:1' } }, 'outputs.path', 'is an unknown name'],
  ['an empty digest', { outputs: { paths: '' } }, 'outputs.paths', 'is invalid: '],
])('names %s', (_, parts, field, description) => {
  const fault = faultOfResult('evaluate-2', someResult('evaluate-2', parts));
  expect(fault).toEqual({ field, description: expect.stringContaining(description) as string });
});

it('names what is missing, unknown figures of samples and stages of no kind', () => {
  expect(faultOfResult('evaluate-2', { ...evaluated, counts: { total: 4 } })).toEqual({
    field: 'counts.correct',
    description: 'is missing',
  });
  const sampled = someResult('evaluate-samples-2', { figures: { 'pas@1': 0.5 } });
  expect(faultOfResult('evaluate-samples-2', sampled)).toMatchObject({ field: 'figures.pas@1' });
  expect(faultOfResult('evaluation-2', evaluated)).toMatchObject({ field: 'stage' });
});

it('reads a result by the names of its kind, and NaN where a disk has null', () => {
  const results = new Map([['evaluate-2', evaluated]]);
  const read = resultOf({ id: 'evaluate-2', kind: 'evaluate' }, results);
  expect(read?.counts.correct).toBe(3);
  expect(read?.counts.unknown).toBeUndefined();
  expect(resultOf({ id: 'evaluate-3', kind: 'evaluate' }, results)).toBeUndefined();
  const onDisk: unknown = JSON.parse(JSON.stringify(someResult('evaluate-2', { figures: { low: NaN } })));
  expect(readResult('evaluate', stageResult.parse(onDisk), 'evaluate-2').figures.low).toBeNaN();
});

it('throws where a name is read that an old log lacks, and reads the others', () => {
  const { counts } = readResult('evaluate', { ...evaluated, counts: { total: 4, right: 3 } }, 'evaluate-2');
  expect(counts.total).toBe(4);
  expect(() => counts.correct).toThrow(
    expect.objectContaining({
      reason: 'RESULT_INVALID',
      violations: [{ field: 'log.jsonl: stage evaluate-2: counts.correct', description: 'is missing' }],
    }),
  );
});

it('has words for counts that there are', () => {
  for (const kind of Object.values(STAGE_KINDS)) {
    if (!('trains' in kind)) continue;
    expect(Object.keys(kind.counts.shape)).toEqual(
      expect.arrayContaining(Object.keys(kind.trains.learntFrom)),
    );
  }
});
