import { join } from 'node:path';
import { common, type simulation } from '@sipf/contracts';
import { createGenerator, type Generator } from '@sipf/inference';
import { createJudge } from '@sipf/judging';
import { loadTokenizer, type Tokenizer } from '@sipf/models';
import { answeringModel, BIGRAM_POSITIONS, temporaryFolder, writeModelFolder } from '@sipf/serving/testing';
import { arithmeticTask, arithmeticTokenIds, buildArithmeticTokenizer } from '@sipf/tasks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { labelPaths, type LabelSettings } from './label-paths.ts';
import type { LabelledPath } from './open-path.ts';

const folder = temporaryFolder();
let simulator: { readonly generator: Generator; readonly tokenizer: Tokenizer };

/** It answers 1 or 2 with equal probability. */
beforeAll(async () => {
  const tokenizer = buildArithmeticTokenizer(BIGRAM_POSITIONS);
  const how = { tokenizer, ids: arithmeticTokenIds, mark: '#### ', answers: ['1', '2'] };
  const dir = join(folder.path, 'simulator');
  await writeModelFolder(dir, answeringModel(how));
  simulator = { generator: await createGenerator({ folder: dir }), tokenizer: loadTokenizer(dir) };
});

afterAll(async () => {
  await simulator.generator.close();
  folder[Symbol.dispose]();
});

function settings(overrides: Partial<common.SamplingSettings> = {}): LabelSettings {
  const sampling = { n: 16, temperature: 1, maxNewTokens: 8, seed: 5n, ...overrides };
  return {
    task: arithmeticTask,
    judge: createJudge(arithmeticTask),
    judgeTimeoutMs: 10_000,
    tau: 0,
    stopWhenDecided: false,
    sampling: common.SamplingSettings.fromPartial(sampling),
    signal: new AbortController().signal,
  };
}

function path(id: string, steps: readonly string[], goldAnswer = '1'): simulation.PathToLabel {
  return {
    id,
    prompt: 'How many pens are left?\n',
    steps: [...steps],
    goldAnswer,
    outcomeCorrect: true,
    preamble: '',
  };
}

async function label(paths: readonly simulation.PathToLabel[], how = settings()): Promise<LabelledPath[]> {
  const all: LabelledPath[] = [];
  for await (const labelled of labelPaths(simulator, paths, how)) all.push(labelled);
  return all;
}

const two = ['<<1+1=2>>', '<<2-1=1>>', '#### 1'];

it('counts the roll-outs that reach the answer', async () => {
  const [labelled] = await label([path('a', two)]);
  expect(labelled?.labels.map(({ rollouts }) => rollouts)).toEqual([16, 16, 0]);
  for (const { reached, soft, rollouts } of labelled?.labels.slice(0, 2) ?? []) {
    expect(soft).toBe(reached / rollouts);
    // Fair coins: all 16 alike has a chance of 3e-5, and the seed is fixed.
    expect(reached).toBeGreaterThan(0);
    expect(reached).toBeLessThan(16);
  }
  // Answer mark, digit, end.
  expect(labelled?.generatedTokens).toBe(2n * 16n * 3n);
});

it('finds no step right towards an answer that is never drawn', async () => {
  const [labelled] = await label([path('a', two, '7')]);
  expect(labelled?.labels.map(({ hard }) => hard)).toEqual([false, false, true]);
});

it('gives a path the same labels alone as among others', async () => {
  const others = [path('b', two), path('c', ['<<2*2=4>>', '#### 4'])];
  const together = await label([...others, path('a', two)]);
  const alone = await label([path('a', two)]);
  expect(together.find(({ pathId }) => pathId === 'a')).toEqual(alone[0]);
  const [a, b] = ['a', 'b'].map((id) => together.find(({ pathId }) => pathId === id));
  expect(a?.labels.map(({ reached }) => reached)).not.toEqual(b?.labels.map(({ reached }) => reached));
});

it.each([0, 3, 9])('has the same hard labels, tau %d, when it stops once they are decided', async (tau) => {
  const paths = ['a', 'b', 'c', 'd'].map((id) => path(id, two));
  const [all, stopped] = await Promise.all([
    label(paths, { ...settings(), tau }),
    label(paths, { ...settings(), tau, stopWhenDecided: true }),
  ]);
  const byId = (some: LabelledPath[]) => some.sort((a, b) => a.pathId.localeCompare(b.pathId));
  const hardOf = (some: LabelledPath[]) => byId(some).map(({ labels }) => labels.map(({ hard }) => hard));
  expect(hardOf(stopped)).toEqual(hardOf(all));
  const tokensOf = (some: LabelledPath[]) => some.reduce((sum, one) => sum + Number(one.generatedTokens), 0);
  expect(tokensOf(stopped)).toBeLessThan(tokensOf(all));
  const again = await label(paths, { ...settings(), tau, stopWhenDecided: true });
  expect(byId(again)).toEqual(byId(stopped));
});

it("ends with the judge's error, whether it draws in rounds or at once", async () => {
  const judge = { ...settings().judge, outcome: () => Promise.reject(new Error('no verdict')) };
  for (const stopWhenDecided of [false, true]) {
    await expect(label([path('a', two)], { ...settings(), judge, stopWhenDecided })).rejects.toThrow(
      'no verdict',
    );
  }
});

it('labels paths of one step without any roll-out', async () => {
  const all = await label([path('a', ['#### 1']), { ...path('b', ['#### 2']), outcomeCorrect: false }]);
  expect(all.map(({ labels: [only] }) => only)).toEqual([
    { stepIndex: 0, hard: true, soft: 1, rollouts: 0, reached: 0, undecided: false },
    { stepIndex: 0, hard: false, soft: 0, rollouts: 0, reached: 0, undecided: false },
  ]);
});

it('makes no roll-out of a prefix that fills the simulator', async () => {
  const long = '<<1+1=2>>'.repeat(20);
  const [labelled] = await label([path('a', ['<<1+1=2>>', long, '#### 1'])]);
  expect(labelled?.labels.map(({ rollouts }) => rollouts)).toEqual([16, 0, 0]);
});

it('labels greedily with a single roll-out', async () => {
  const [labelled] = await label([path('a', two)], settings({ greedy: true, n: 1, temperature: 0 }));
  expect(labelled?.labels.map(({ rollouts }) => rollouts)).toEqual([1, 1, 0]);
});

it('ends when it is cancelled', async () => {
  const controller = new AbortController();
  controller.abort();
  const how = { ...settings(), signal: controller.signal };
  await expect(label([path('a', two)], how)).rejects.toThrow();
});
