import { annotation, browse, orchestration } from '@sipf/contracts';
import { readDataset } from '@sipf/evaluation';
import { createClient, type ServiceClient } from '@sipf/service';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect, refusalOf } from '../../support/calls.ts';
import { rewardOf, writeFinishedRun } from '../../support/finished-run.ts';
import { temporaryFolder } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
const runs = join(folder.path, 'runs');
const QUESTIONS = 25_000;
const PER_QUESTION = 4;
const { PathOrder, PathOutcome, PairOrder, StageState, DatasetKind } = browse;
let program: RunningProgram;
let client: ServiceClient<browse.BrowseServiceDefinition>;
let annotations: ServiceClient<annotation.AnnotationServiceDefinition>;

beforeAll(async () => {
  await writeFinishedRun(runs, 'many', {
    questions: QUESTIONS,
    pathsPerQuestion: PER_QUESTION,
    trainingSteps: 2500,
  });
  program = await startProgram('orchestration', ['--runs', runs, '--artifacts', join(folder.path, 'none')]);
  client = createClient(browse.BrowseServiceDefinition, program.address);
  annotations = createClient(annotation.AnnotationServiceDefinition, program.address);
});

afterAll(async () => {
  client.close();
  annotations.close();
  await program[Symbol.asyncDispose]();
  folder.remove();
});

const paths = (request: Partial<browse.ListPathsRequest>) =>
  client.listPaths(
    browse.ListPathsRequest.fromPartial({ runId: 'many', stage: 'sample-1', limit: 3, ...request }),
  );

it('turns the pages of 100,000 paths', async () => {
  const last = await paths({ offset: QUESTIONS * PER_QUESTION - 2 });
  expect(last).toMatchObject({ matched: 100_000, total: 100_000 });
  expect(last.paths.map(({ key }) => key)).toEqual(['1/2/loop/24999', '1/3/loop/24999']);
  const [first] = (await paths({})).paths;
  expect(first).toMatchObject({
    question: 'Apples, question 0?',
    goldAnswer: '0',
    outcome: PathOutcome.CORRECT,
    reward: rewardOf(0),
    meanLogProb: -1,
    steps: [
      { text: '<<0+1=1>>\n', score: 0, label: true, softLabel: 0.5, rollouts: 8 },
      { text: '#### 0', score: 0.011, label: false, softLabel: 0, rollouts: 0 },
    ],
  });
});

it('filters by outcome and question, and sorts by reward', async () => {
  const right = await paths({ outcome: PathOutcome.CORRECT, questionContains: 'apples' });
  expect(right.matched).toBe(QUESTIONS / 2);
  const best = await paths({ order: PathOrder.REWARD_DESCENDING });
  const worst = await paths({ order: PathOrder.REWARD_ASCENDING });
  const rewards = Array.from({ length: 1000 }, (_, index) => rewardOf(index));
  expect(best.paths.map(({ reward }) => reward)).toEqual(new Array(3).fill(Math.max(...rewards)));
  expect(worst.paths.map(({ reward }) => reward)).toEqual(new Array(3).fill(Math.min(...rewards)));
  const one = await paths({ key: '1/3/loop/77' });
  expect(one).toMatchObject({ matched: 1, paths: [{ questionId: 'loop/77', sampleIndex: 3 }] });
});

it('shows pairs with the scores of both paths', async () => {
  const request = { runId: 'many', stage: 'pair-1', limit: 2, order: PairOrder.DIFFERENCE_DESCENDING };
  const { pairs, matched } = await client.listPairs(browse.ListPairsRequest.fromPartial(request));
  expect(matched).toBe(QUESTIONS);
  for (const { chosen, rejected, difference } of pairs) {
    expect(difference).toBeCloseTo(Math.abs((chosen?.reward ?? 0) - (rejected?.reward ?? 0)), 12);
    expect(chosen?.questionId).toBe(rejected?.questionId);
    expect(chosen?.steps.every(({ score }) => score !== undefined)).toBe(true);
  }
});

it('thins curves out and loses no spike', async () => {
  const [curves, ...others] = await collect(client.streamCurves({ runId: 'many', stages: [], maxPoints: 0 }));
  expect(others).toEqual([]);
  expect(curves).toMatchObject({ stage: 'sft-0', recordedSteps: 2500n });
  expect(curves?.steps).toHaveLength(500);
  expect(Math.max(...(curves?.curves[0]?.high ?? []))).toBe(99);
  const named = await collect(client.streamCurves({ runId: 'many', stages: ['align-1'], maxPoints: 2 }));
  expect(named).toEqual([]);
});

it('lists the stages of a run and the boundaries of its iterations', async () => {
  const { stages, marks, deliveriesNoted } = await client.getTimeline({ runId: 'many' });
  const states = new Map(stages.map(({ id, state, dataset }) => [id, [state, dataset]]));
  expect(states.get('sample-1')).toEqual([StageState.COMPLETED, DatasetKind.PATHS]);
  expect(states.get('pair-1')).toEqual([StageState.COMPLETED, DatasetKind.PAIRS]);
  expect(states.get('align-1')).toEqual([StageState.BROKEN_OFF, DatasetKind.UNSPECIFIED]);
  expect(states.get('report')).toEqual([StageState.PLANNED, DatasetKind.UNSPECIFIED]);
  expect(marks.map(({ iteration, name }) => `${iteration} ${name}`)).toEqual([
    ...['0 started', '0 aligned', '1 started', '1 sampled', '1 labelled', '1 scored', '1 paired'],
  ]);
  // The run is older than the notes of what the event bus delivers.
  expect([deliveriesNoted, ...marks.flatMap(({ deliveredAt }) => deliveredAt ?? [])]).toEqual([false]);
});

it('says what computed a stage, and which model it asked or left', async () => {
  const { stages } = await client.getTimeline({ runId: 'many' });
  const of = (wanted: string) => stages.find(({ id }) => id === wanted);
  const policy = `sha256:${'0'.repeat(64)}`;
  expect(of('sft-0')).toMatchObject({
    model: policy,
    engine: { kind: 'trl', version: '1.16.0', precision: 'float32', processes: 2, sharding: 'fsdp2' },
  });
  expect(of('sample-1')).toMatchObject({
    model: policy,
    engine: { kind: 'vllm', device: 'cuda, vLLM at policy:8000', processes: 0, sharding: '' },
  });
  // One is planned, one broke off, and pairs are made by no engine.
  expect([of('evaluate-0')?.engine, of('evaluate-0')?.model]).toEqual([undefined, '']);
  expect([of('align-1')?.engine, of('align-1')?.model]).toEqual([undefined, '']);
  expect([of('pair-1')?.engine, of('pair-1')?.model]).toEqual([undefined, '']);
});

it('refuses what is not there and what is too much', async () => {
  expect((await refusalOf(paths({ stage: 'align-1' }))).reason).toBe('DATASET_NOT_FOUND');
  expect((await refusalOf(paths({ runId: 'never' }))).reason).toBe('RUN_NOT_FOUND');
  expect((await refusalOf(paths({ limit: 501 }))).violations).toMatchObject([{ field: 'limit' }]);
  expect((await refusalOf(paths({ runId: '../up' }))).violations).toMatchObject([{ field: 'run_id' }]);
});

it('only looks: it starts and resumes nothing', async () => {
  using driving = createClient(orchestration.OrchestrationServiceDefinition, program.address);
  expect(await driving.info({})).toMatchObject({ drivesRuns: false });
  expect((await refusalOf(driving.resumeRun({ runId: 'many' }))).reason).toBe('RUNS_READ_ONLY');
  const wrong = ['--runs', runs, '--artifacts', folder.path, '--training', '127.0.0.1:9'];
  await expect(startProgram('orchestration', wrong)).rejects.toThrow('are required together');
});

const { CALCULATION } = annotation.StepCriterion;

/** `r` right, `w` wrong: a letter a step. */
const says = (annotator: string, pathKey: string, letters: string, invalid = false) =>
  annotations.annotate(
    annotation.AnnotateRequest.fromPartial({
      runId: 'many',
      annotation: {
        ...{ annotator, stage: 'sample-1', pathKey, invalid },
        steps: Array.from(letters, (letter) => ({ broken: letter === 'w' ? [CALCULATION] : [] })),
      },
    }),
  );

it('keeps annotations, the latest of a person, and measures agreement', async () => {
  await says('ada', '1/0/loop/0', 'rr');
  await says('ada', '1/0/loop/0', 'rw');
  await says('bo', '1/0/loop/0', 'rw');
  await says('bo', '1/1/loop/0', 'wr');
  await says('ada', '1/1/loop/0', 'ww');
  await says('bo', '1/2/loop/0', 'ww', true);
  const agreement = await annotations.getAgreement({ runId: 'many' });
  // Four shared steps, three agreed; ada 1 of 4 right, bo 2 of 4: p_e = 1/8 + 3/8.
  expect(agreement).toMatchObject({ annotators: ['ada', 'bo'], paths: 2, sharedSteps: 4 });
  expect(agreement.pairs).toMatchObject([{ agreed: 0.75, cohenKappa: 0.5 }]);
  const lines = readFileSync(join(runs, 'many/annotations.jsonl'), 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(6);
  const own = await annotations.listAnnotations({
    ...{ runId: 'many', annotator: 'ada', stage: '', pathKey: '', offset: 0, limit: 10 },
  });
  expect(own.matched).toBe(2);
});

it('exports valid labels as rows that the evaluation of verifiers reads', async () => {
  const rows = await collect(annotations.exportAnnotations({ runId: 'many', annotator: '' }));
  const read = readDataset(rows.map(({ rowJson }) => rowJson).join('\n'), 'annotations.jsonl');
  expect(read).toMatchObject([
    { question: 'Apples, question 0?', labels: [true, false], outcome: true },
    // At a tie a step has no label.
    { question: 'Apples, question 0?', labels: [false, undefined], outcome: false },
  ]);
});

it('refuses annotations of paths that are not there', async () => {
  expect((await refusalOf(says('ada', '1/9/loop/0', 'rr'))).reason).toBe('DATASET_NOT_FOUND');
  expect((await refusalOf(says('ada', '1/0/loop/0', 'r'))).violations).toMatchObject([
    { field: 'annotation.steps' },
  ]);
  expect((await refusalOf(says('../ada', '1/0/loop/0', 'rr'))).violations).toMatchObject([
    { field: 'annotation.annotator' },
  ]);
});
