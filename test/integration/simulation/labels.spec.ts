import { FolderArtifactStore } from '@sipf/artifacts';
import { common, generation, simulation } from '@sipf/contracts';
import { createClient, type ServiceClient } from '@sipf/service';
import { arithmeticTask, generateArithmetic, type Problem } from '@sipf/tasks';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect, expectNoPaths, lasting, refusalOf } from '../../support/calls.ts';
import { answering, randomVerifier, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
const sampling = common.SamplingSettings.fromPartial({ n: 8, temperature: 1, maxNewTokens: 12, seed: 3n });
const paths: readonly simulation.PathToLabel[] = [
  {
    id: 'p/0',
    prompt: '1+1\n',
    steps: ['<<1+1=2>>', '<<2-1=1>>', '#### 1'],
    goldAnswer: '1',
    outcomeCorrect: true,
    preamble: '',
  },
  {
    id: 'p/1',
    prompt: '1+1\n',
    steps: ['<<1+1=2>>\n', '#### 2'],
    goldAnswer: '1',
    outcomeCorrect: false,
    preamble: '',
  },
  {
    id: 'p/2',
    prompt: '2*2\n',
    steps: ['<<2*2=4>>', '#### 4'],
    goldAnswer: '4',
    outcomeCorrect: true,
    preamble: '',
  },
  { id: 'p/3', prompt: '2*1\n', steps: ['#### 2'], goldAnswer: '2', outcomeCorrect: true, preamble: '' },
];
let programs: readonly RunningProgram[];
let simulator: ServiceClient<simulation.SimulationServiceDefinition>;
let generator: ServiceClient<generation.GenerationServiceDefinition>;

beforeAll(async () => {
  const model = await writeModel(folder.path, 'model', answering());
  const flags = ['--model', model, '--artifacts', join(folder.path, 'store')];
  programs = await Promise.all([startProgram('simulation', flags), startProgram('generation', flags)]);
  simulator = createClient(simulation.SimulationServiceDefinition, programs[0]?.address ?? '');
  generator = createClient(generation.GenerationServiceDefinition, programs[1]?.address ?? '');
});

afterAll(async () => {
  simulator.close();
  generator.close();
  for (const program of programs) {
    await program[Symbol.asyncDispose]();
    expectNoPaths(program.log());
  }
  folder.remove();
});

async function label(request: Partial<simulation.LabelStepsRequest> = {}) {
  const answers = await collect(
    simulator.labelSteps({ task: 'arithmetic', paths: [...paths], sampling, tau: 0, ...request }),
  );
  return answers.sort((a, b) => a.pathId.localeCompare(b.pathId));
}

/** Which samples of the prefix up to and with `step` reach the gold answer, by the generation service. */
async function reachedFrom(path: simulation.PathToLabel, step: number): Promise<number> {
  const prefix = path.steps.slice(0, step + 1).map((line) => `${line.trimEnd()}\n`);
  const text = path.prompt + prefix.join('');
  const id = createHash('sha256').update(text).digest('hex');
  const samples = await collect(generator.generate({ prompts: [{ id, text }], sampling }));
  const problem: Problem = { id: '', question: '', answer: path.goldAnswer };
  const right = samples.filter((sample) =>
    arithmeticTask.isCorrect(problem, arithmeticTask.extractAnswer(sample.text, 'strict')),
  );
  return right.length;
}

it('counts the same roll-outs as the generation service samples', async () => {
  const labelled = await label();
  expect(labelled.map(({ pathId }) => pathId)).toEqual(paths.map(({ id }) => id));
  const counts: number[] = [];
  for (const [index, path] of paths.entries()) {
    const labels = labelled[index]?.labels ?? [];
    expect(labels).toHaveLength(path.steps.length);
    for (const { stepIndex, reached, soft, hard, rollouts } of labels.slice(0, -1)) {
      expect(reached).toBe(await reachedFrom(path, stepIndex));
      expect({ soft, hard, rollouts }).toEqual({ soft: reached / 8, hard: reached > 0, rollouts: 8 });
      counts.push(reached);
    }
  }
  // Fair draws of 1 and 2: neither all right nor all wrong, but for the answer 4, which is never drawn.
  expect(counts.some((count) => count > 0 && count < 8)).toBe(true);
  expect(counts.at(-1)).toBe(0);
});

it('labels the last step with the outcome of the path', async () => {
  for (const [index, { labels }] of (await label()).entries()) {
    const right = paths[index]?.outcomeCorrect ?? false;
    expect(labels.at(-1)).toMatchObject({ hard: right, soft: right ? 1 : 0, rollouts: 0 });
  }
});

it('draws fewer roll-outs for the same hard labels where it may stop', async () => {
  const hardOf = (answers: readonly simulation.LabelStepsResponse[]) =>
    answers.map(({ labels }) => labels.map(({ hard }) => hard));
  const [all, stopped] = [await label({ tau: 3 }), await label({ tau: 3, stopWhenDecided: true })];
  expect(hardOf(stopped)).toEqual(hardOf(all));
  const drawn = stopped.flatMap(({ labels }) => labels.slice(0, -1).map(({ rollouts }) => rollouts));
  expect(Math.max(...drawn)).toBeLessThanOrEqual(8);
  expect(Math.min(...drawn)).toBeLessThan(8);
});

it('calls a step right only when more than tau roll-outs reach the answer', async () => {
  const reached = (await label()).flatMap(({ labels }) => labels.slice(0, -1).map((one) => one.reached));
  for (const tau of [3, 7]) {
    const hard = (await label({ tau })).flatMap(({ labels }) => labels.slice(0, -1).map((one) => one.hard));
    expect(hard).toEqual(reached.map((count) => count > tau));
  }
});

it('gives the same labels again, and names the model that gave them', async () => {
  const once = await label();
  const again = await label();
  expect(again.map(lasting)).toEqual(once.map(lasting));
  const { info } = await simulator.info({});
  expect(once[0]?.model).toEqual(info?.models[0]?.model);
});

it('labels real stories of the task', async () => {
  const { sft } = generateArithmetic({ seed: 'labels', sft: 20, loop: 0, test: 0, strong: 0 });
  const stories = sft.map((problem) => ({
    id: problem.id,
    prompt: arithmeticTask.prompt(problem, { kind: 'zero-shot' }),
    steps: arithmeticTask.splitSteps(arithmeticTask.formatTarget(problem)).map(({ text }) => text),
    goldAnswer: problem.answer,
    outcomeCorrect: true,
    preamble: '',
  }));
  const labelled = await label({ paths: stories });
  expect(labelled).toHaveLength(20);
  const rollouts = labelled.flatMap(({ labels }) => labels.slice(0, -1).map((one) => one.rollouts));
  expect(rollouts.length).toBeGreaterThan(20);
  expect(new Set(rollouts)).toEqual(new Set([8]));
});

it.each([
  ['an unknown task', { task: 'chess' }, 'not-found', 'TASK_UNKNOWN'],
  ['a tau that no step can exceed', { tau: 8 }, 'invalid-argument', 'INVALID_FIELD'],
  [
    'an empty step',
    { paths: [{ ...(paths[0] as simulation.PathToLabel), steps: [' '] }] },
    'invalid-argument',
    'INVALID_FIELD',
  ],
  [
    'a model that it does not have',
    { model: { digest: `sha256:${'0'.repeat(64)}`, adapterDigest: '' } },
    'not-found',
    'MODEL_NOT_FOUND',
  ],
])('refuses %s and keeps serving', async (_what, request, kind, reason) => {
  expect(await refusalOf(label(request))).toMatchObject({ kind, reason });
  expect(await label()).toHaveLength(paths.length);
});

it('refuses to roll out with a verifier', async () => {
  const store = new FolderArtifactStore(join(folder.path, 'store'));
  const { digest } = await store.putFolder(await writeModel(folder.path, 'verifier', randomVerifier('v')));
  const refusal = await refusalOf(label({ model: { digest, adapterDigest: '' } }));
  expect(refusal).toMatchObject({ kind: 'failed-precondition', reason: 'NOT_A_LANGUAGE_MODEL' });
});
