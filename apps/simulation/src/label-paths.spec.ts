import { common, type simulation } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { createGenerator, type Generator } from '@sipf/inference';
import { loadTokenizer, type AsyncTokenizer, type Tokenizer } from '@sipf/models';
import { tokenizerHere } from '@sipf/models/testing';
import { createJudge } from '@sipf/outcomes';
import { answeringModel, BIGRAM_POSITIONS, temporaryFolder, writeModelFolder } from '@sipf/serving/testing';
import { arithmeticTask, arithmeticTokenIds, buildArithmeticTokenizer } from '@sipf/tasks';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { labelPaths, type LabelSettings } from './label-paths.ts';
import type { LabelledPath } from './open-path.ts';
import { RolloutCache } from './rollout-cache.ts';

const folder = temporaryFolder();
let simulator: { readonly generator: Generator; readonly tokenizer: AsyncTokenizer };

/** It answers 1 or 2 with equal probability. */
beforeAll(async () => {
  const tokenizer = buildArithmeticTokenizer(BIGRAM_POSITIONS);
  const how = { tokenizer, ids: arithmeticTokenIds, mark: '#### ', answers: ['1', '2'] };
  const dir = join(folder.path, 'simulator');
  await writeModelFolder(dir, answeringModel(how));
  simulator = {
    generator: await createGenerator({ folder: dir }),
    tokenizer: tokenizerHere(withoutFjords(loadTokenizer(dir))),
  };
});

afterAll(async () => {
  await simulator.generator.close();
  folder[Symbol.dispose]();
});

/** As a vocabulary without an unknown token refuses a word that it lacks. */
function withoutFjords(tokenizer: Tokenizer): Tokenizer {
  return {
    ...tokenizer,
    encode: (text, options) => {
      if (!text.includes('fjord')) return tokenizer.encode(text, options);
      throw new SipfError('invalid-argument', 'no tokens for fjord', { reason: 'TEXT_NOT_ENCODABLE' });
    },
  };
}

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

async function label(
  paths: readonly simulation.PathToLabel[],
  how = settings(),
  cache = new RolloutCache(100),
): Promise<LabelledPath[]> {
  const all: LabelledPath[] = [];
  const cached = { ...simulator, model: common.ModelRef.create(), cache };
  for await (const labelled of labelPaths(cached, paths, how)) all.push(labelled);
  return all;
}

const byId = (a: LabelledPath, b: LabelledPath) => a.pathId.localeCompare(b.pathId);
const { TEXT_NOT_ENCODABLE } = common.ErrorReason;
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
  const b = { ...path('b', two), prompt: 'How many pencils are left?\n' };
  const together = await label([b, path('c', ['<<2*2=4>>', '#### 4']), path('a', two)]);
  const alone = await label([path('a', two)]);
  expect(together.find(({ pathId }) => pathId === 'a')).toEqual(alone[0]);
  const [ofA, ofB] = ['a', 'b'].map((id) => together.find(({ pathId }) => pathId === id));
  expect(ofA?.labels.map(({ reached }) => reached)).not.toEqual(ofB?.labels.map(({ reached }) => reached));
});

it('draws the roll-outs of a prefix once, for all paths that begin with it and for later requests', async () => {
  const cache = new RolloutCache(100);
  const longer = path('b', [...two.slice(0, 2), '<<2*2=4>>', '#### 1']);
  const [a, b] = (await label([path('a', two), longer], settings(), cache)).sort(byId);
  expect(b?.labels.slice(0, 2)).toEqual(a?.labels.slice(0, 2));
  expect([a, b].map((one) => one?.generatedTokens)).toEqual([2n * 16n * 3n, 16n * 3n]);
  const [later] = await label([path('later', two)], settings(), cache);
  expect(later).toMatchObject({ labels: a?.labels, generatedTokens: 0n });
});

it('continues from the roll-outs already drawn where a request needs more', async () => {
  const cache = new RolloutCache(100);
  const stopping = (tau: number) => ({ ...settings(), tau, stopWhenDecided: true });
  await label([path('a', two)], stopping(0), cache);
  const [more] = await label([path('a', two)], stopping(6), cache);
  const [whole] = await label([path('a', two)], stopping(6));
  expect(more?.labels).toEqual(whole?.labels);
  expect(more?.generatedTokens).toBeLessThan(whole?.generatedTokens ?? 0n);
});

it.each([0, 3, 9])('has the same hard labels, tau %d, when it stops once they are decided', async (tau) => {
  const paths = ['a', 'b', 'c', 'd'].map((id) => ({ ...path(id, two), prompt: `How many ${id}?\n` }));
  const [all, stopped] = await Promise.all([
    label(paths, { ...settings(), tau }),
    label(paths, { ...settings(), tau, stopWhenDecided: true }),
  ]);
  const hardOf = (some: LabelledPath[]) =>
    some.sort(byId).map(({ labels }) => labels.map(({ hard }) => hard));
  expect(hardOf(stopped)).toEqual(hardOf(all));
  const tokensOf = (some: LabelledPath[]) => some.reduce((sum, one) => sum + Number(one.generatedTokens), 0);
  expect(tokensOf(stopped)).toBeLessThan(tokensOf(all));
  const again = await label(paths, { ...settings(), tau, stopWhenDecided: true });
  expect(again.sort(byId)).toEqual(stopped.sort(byId));
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
    { stepIndex: 0, hard: true, soft: 1, rollouts: 0, reached: 0, reachedBy: [], undecided: false },
    { stepIndex: 0, hard: false, soft: 0, rollouts: 0, reached: 0, reachedBy: [], undecided: false },
  ]);
});

it('makes no roll-out of a prefix that fills the simulator', async () => {
  const long = '<<1+1=2>>'.repeat(20);
  const [labelled] = await label([path('a', ['<<1+1=2>>', long, '#### 1'])]);
  expect(labelled?.labels.map(({ rollouts }) => rollouts)).toEqual([16, 0, 0]);
});

it('refuses a path that its tokenizer cannot read, with the reason, and labels the others as ever', async () => {
  const strange = ['<<1+1=2>>', 'fjord', '#### 1'];
  const late = [...two.slice(0, 2), 'fjord'];
  const all = await label([path('a', strange), path('b', two), path('c', strange), path('d', late)]);
  const [a, b, c, d] = all.sort(byId);
  for (const refused of [a, c]) {
    expect(refused).toMatchObject({ labels: [], error: { reason: TEXT_NOT_ENCODABLE } });
    expect(refused?.error?.message).toBe('prompt and steps: no tokens for fjord');
  }
  const [alone] = await label([path('b', two)]);
  expect(b?.labels).toEqual(alone?.labels);
  // Nothing is drawn after the last step, so nothing reads it.
  expect(d).toMatchObject({ error: undefined, labels: alone?.labels ?? [] });
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
