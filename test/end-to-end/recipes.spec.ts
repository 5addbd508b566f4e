import { digestFolder, loadModelFolder } from '@sipf/models';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tinyLlama } from '../engines/support/tiny-llama.ts';
import { root } from '../run/step.ts';
import { writeModel } from '../support/models.ts';
import { countsOf, outputsOf, readLog, startSipf, type Ended } from './run-processes.ts';

const runs = mkdtempSync(join(tmpdir(), 'sipf-recipes-'));
const SOLUTIONS = 300;
/** A policy that reaches some answers, so that every method has something to learn from. */
const settings = [
  ...['iterations=2', `task.trainProblems=${SOLUTIONS}`, 'task.loopQuestions=48', 'task.testQuestions=8'],
  ...['sft.epochs=24', 'simulation.questions=16', 'filter.minReward=0.05'],
  'tuning={initialise: previous, optimisation: {learningRate: 0.001, epochs: 1}}',
  ...['pairs.pairing=outcome-and-reward', 'pairs.margin=0'],
  'alignment.optimisation={learningRate: 0.0005, epochs: 1, warmupRatio: 0}',
];
const SELF_TAUGHT = ['rft', 'rft-iterated', 'prft-iterated', 'star'];
const BY_OUTCOME = ['srf', 'rpo', 'siof', 'sipf-without-process', 'sipf-without-both'];
const BY_REWARD = ['psrf', 'sipf-orm', 'sipf-without-odds-ratio'];
const methods = [...SELF_TAUGHT, ...BY_OUTCOME, ...BY_REWARD];

/**
 * Those whose second iteration no test looks at: what it does beside the first, their siblings of two (psrf, rpo, siof) do too.
 */
const OF_ONE = ['srf', 'sipf-without-process', 'sipf-without-both', 'sipf-orm', 'sipf-without-odds-ratio'];
const ofOne = OF_ONE.map((method) => `${method}: {iterations: 1}`);
/** Its verifier's base is neither policy nor simulator, as the paper's is not, and reads bytes. */
const baseOfPsrf = tinyLlama({ seed: 'base', maxLength: 512 });
const baseFolder = join(runs, 'base');
const compared = `comparedVerifiers: [{base: policy}, {base: {model: ${baseFolder}}, kind: outcome}]`;
const ofPsrf = `psrf: {verifier.base: {model: ${baseFolder}}, verifier.trainable: head, verifier.head: hidden, ${compared}}`;

let ended: Ended;

beforeAll(async () => {
  await writeModel(runs, 'base', baseOfPsrf);
  ended = await startSipf([
    ...[
      'experiment',
      '--no-dashboard',
      '--workers',
      '1',
      '--config',
      join(root, 'test/fixtures/tiny-run.yaml'),
    ],
    ...['--runs', runs, '--id', 'e', '--seeds', '7', '--methods', methods.join(',')],
    ...['--set', ...settings, `experiment={settings: {${[...ofOne, ofPsrf].join(', ')}}}`],
  ]).ended;
}, 300_000);

afterAll(() => {
  rmSync(runs, { recursive: true, force: true });
});

const runOf = (method: string): string => join(runs, `e-${method}-s7`);

/** The rows of an artifact of a run's stage. */
function rowsOf<T>(method: string, stage: string, name: string): T[] {
  const hex = outputsOf(runOf(method))[stage]?.[name]?.replace('sha256:', '') ?? '';
  const blob = join(runOf(method), 'artifacts', 'blobs', hex.slice(0, 2), hex);
  const lines = readFileSync(blob, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as T);
}

interface SampledPath {
  readonly questionId: string;
  readonly iteration: number;
  readonly sampleIndex: number;
  readonly text: string;
}

const keyOf = ({ iteration, sampleIndex, questionId }: SampledPath): string =>
  `${iteration}/${sampleIndex}/${questionId}`;

/** The iteration's paths by whether the first answer that their text marks is the right one. */
function sampledBy(method: string, iteration: number): { right: SampledPath[]; wrong: SampledPath[] } {
  const loop = rowsOf<{ id: string; answer: string }>(method, 'data', 'loop');
  const answers = new Map(loop.map(({ id, answer }) => [id, Number(answer)]));
  const paths = rowsOf<SampledPath>(method, `sample-${iteration}`, 'paths');
  const isRight = ({ text, questionId }: SampledPath): boolean =>
    // Within a line too, as in a calculation that breaks off.
    Number(/####(.+)$/m.exec(text)?.[1] ?? NaN) === answers.get(questionId);
  return { right: paths.filter(isRight), wrong: paths.filter((path) => !isRight(path)) };
}

/** As many as there are different calculations of a question. */
function differentOf(paths: readonly SampledPath[]): number {
  const calculations = ({ questionId, text }: SampledPath): string =>
    [questionId, ...(text.match(/<<[^>]*>>/g) ?? [text])].join(' ');
  return new Set(paths.map(calculations)).size;
}

it('runs every recipe to its end, and each has something to learn from', () => {
  expect(ended.code, ended.output).toBe(0);
  for (const method of methods) {
    expect(sampledBy(method, 1).right.length, method).toBeGreaterThan(0);
    expect(sampledBy(method, 1).wrong.length, method).toBeGreaterThan(0);
  }
});

it.each(methods)('counts the right and wrong paths of %s as their texts say', (method) => {
  const { right, wrong } = sampledBy(method, 1);
  expect(countsOf(runOf(method))['sample-1']).toMatchObject({
    ...{ positive: right.length, negative: wrong.length },
    unique: differentOf([...right, ...wrong]),
  });
});

it.each(SELF_TAUGHT)('trains %s on the solutions and the own paths that its rounds keep', (method) => {
  const counts = countsOf(runOf(method));
  const rounds = method === 'rft' ? 1 : 2;
  const kept = Array.from({ length: rounds }, (_, at) => {
    const { right } = sampledBy(method, at + 1);
    return method === 'prft-iterated' ? right.filter((path) => meanScore(method, path) >= 0.05) : right;
  });
  for (let round = 1; round <= rounds; round++) {
    const learnt = method === 'star' ? (kept[round - 1] ?? []) : kept.slice(0, round).flat();
    expect(counts[`filter-${round}`]?.['paths']).toBe(differentOf(learnt));
    expect(counts[`sft-${round}`]?.['examples']).toBe(SOLUTIONS + differentOf(learnt));
  }
  expect(counts[`sft-${rounds + 1}`]).toBeUndefined();
});

/** The mean of the verifier's scores of a path's steps (Eq. 5). */
function meanScore(method: string, path: SampledPath): number {
  const scores = rowsOf<{ path: string; probabilities: number[] }>(
    method,
    `score-${path.iteration}`,
    'scores',
  );
  const { probabilities = [] } = scores.find(({ path: key }) => key === keyOf(path)) ?? {};
  return probabilities.reduce((sum, value) => sum + value, 0) / probabilities.length;
}

/** Pairs of a question at most, and pairs of a path at most. */
const [PER_QUESTION, PER_PATH] = [3, 2];

it.each(BY_OUTCOME)('pairs right with wrong paths of a question for %s, within the bounds', (method) => {
  const { right, wrong } = sampledBy(method, 1);
  const of = (paths: readonly SampledPath[], id: string): number =>
    paths.filter(({ questionId }) => questionId === id).length;
  const expected = [...new Set(right.map(({ questionId }) => questionId))].map((id) => {
    const [few = 0, many = 0] = [of(right, id), of(wrong, id)].sort((a, b) => a - b);
    return few >= 2 ? PER_QUESTION : few * Math.min(PER_PATH, many);
  });
  const total = expected.reduce((sum, count) => sum + count, 0);
  const counts = countsOf(runOf(method));
  expect(counts['pair-1']).toEqual({ latest: total, pairs: total });
  expect(counts['align-1']).toMatchObject({ pairs: total });
});

it.each(BY_REWARD)('pairs for %s only what the verifier agrees with', (method) => {
  const { right, wrong } = sampledBy(method, 1);
  const pairs = rowsOf<{ chosen: SampledPath; rejected: SampledPath; difference: number }>(
    ...([method, 'pair-1', 'pairs'] as const),
  );
  const [rights, wrongs] = [new Set(right.map(keyOf)), new Set(wrong.map(keyOf))];
  const uses = new Map<string, number>();
  for (const { chosen, rejected, difference } of pairs) {
    expect(rights).toContain(keyOf(chosen));
    expect(wrongs).toContain(keyOf(rejected));
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeCloseTo(meanScore(method, chosen) - meanScore(method, rejected), 9);
    for (const path of [chosen, rejected]) uses.set(keyOf(path), (uses.get(keyOf(path)) ?? 0) + 1);
  }
  expect(Math.max(...uses.values())).toBeLessThanOrEqual(PER_PATH);
  expect(countsOf(runOf(method))['pair-1']?.['pairs']).toBe(pairs.length);
});

it('accumulates the pairs of the rounds of SIOF, each pair of texts once', () => {
  const pairs = [1, 2].map((round) =>
    rowsOf<{ questionId: string; chosen: SampledPath; rejected: SampledPath }>(
      ...(['siof', `pair-${round}`, 'pairs'] as const),
    ),
  );
  const textsOf = (round: number): string[] =>
    (pairs[round] ?? []).map((pair) =>
      JSON.stringify([pair.questionId, pair.chosen.text, pair.rejected.text]),
    );
  expect(textsOf(1).slice(0, textsOf(0).length)).toEqual(textsOf(0));
  expect(new Set(textsOf(1)).size).toBe(textsOf(1).length);
  expect(countsOf(runOf('siof'))['pair-2']?.['pairs']).toBe(textsOf(1).length);
});

it('trains the outcome model of SIPF on one label a path, its outcome', () => {
  const { right, wrong } = sampledBy('sipf-orm', 1);
  const texts = new Map([
    ...right.map(({ text }) => [text, true] as const),
    ...wrong.map(({ text }) => [text, false] as const),
  ]);
  const rows = rowsOf<{ completions: string[]; labels: boolean[] }>(
    ...(['sipf-orm', 'train-verifier-1', 'dataset'] as const),
  );
  // 16 questions and 2 paths of each, of those that there are.
  expect(rows.length).toBeLessThanOrEqual(32);
  expect(rows.length).toBeGreaterThan(0);
  for (const { completions, labels } of rows) {
    const outcome = texts.get(completions.join(''));
    expect(outcome).toBeDefined();
    expect(labels.every((label) => label === outcome)).toBe(true);
  }
});

it('compares verifiers of other bases and kinds on the paths that the run’s own learns from', async () => {
  const outputs = outputsOf(runOf('psrf'));
  const own = outputs['train-verifier-1'];
  expect(outputs['train-verifier-compared-1-1']?.['dataset']).toBe(own?.['dataset']);
  // One of outcomes learns what that of SIPF (ORM) learns, of the same paths.
  const orm = outputsOf(runOf('sipf-orm'));
  expect(outputs['sample-1']).toEqual(orm['sample-1']);
  expect(outputs['train-verifier-compared-2-1']?.['dataset']).toBe(orm['train-verifier-1']?.['dataset']);
  const sizes = { 1: 32, 2: baseOfPsrf.config.hiddenSize };
  for (const [compared, hiddenSize] of Object.entries(sizes)) {
    const trained = await loadModelFolder(
      join(runOf('psrf'), 'models', `train-verifier-compared-${compared}-1`),
    );
    expect(trained.config).toMatchObject({ hiddenSize, head: { kind: 'token-classification' } });
    trained.close();
    const [asked, scored] = [`score-compared-${compared}-1`, 'score-1'].map((stage) =>
      rowsOf<{ path: string; probabilities: number[] }>('psrf', stage, 'scores'),
    );
    expect(asked?.map(({ path }) => path)).toEqual(scored?.map(({ path }) => path));
    expect(asked?.map(({ probabilities }) => probabilities)).not.toEqual(
      scored?.map(({ probabilities }) => probabilities),
    );
  }
  const { iterations } = JSON.parse(readFileSync(join(runOf('psrf'), 'results.json'), 'utf8')) as {
    iterations: { iteration: number; figures: Record<string, number> }[];
  };
  const scored = readLog(runOf('psrf')).find(
    ({ kind, stage }) => kind === 'stage-completed' && stage === 'score-1',
  );
  const inResults = iterations.find(({ iteration }) => iteration === 1)?.figures['score.stepAccuracy'];
  expect(inResults).toBe(scored?.result?.figures['stepAccuracy']);
  expect(inResults).toBeGreaterThan(0);
  const out = join(runs, 'compared');
  const report = await startSipf(['report', 'e-psrf-s7', '--runs', runs, '--out', out]).ended;
  expect(report.code, report.output).toBe(0);
  const lines = readFileSync(join(out, 'report.md'), 'utf8').split('\n');
  const table = lines.slice(lines.findIndex((line) => line.includes('Table 3')));
  const rows = table.filter((line) => /^\| (?:PRM|ORM) /.test(line));
  expect(
    rows.map((row) => row.split('|').map((cell) => cell.trim())).map((cells) => [cells[1], cells[3]]),
  ).toEqual([
    ['PRM', 'base'],
    ['PRM', 'policy'],
    ['ORM', 'base'],
  ]);
});

it('trains the verifier of pSRF on a base of its own, which reads paths by its own tokens, after a resume too', async () => {
  const run = runOf('psrf');
  const before = outputsOf(run);
  expect(before['data']?.['verifierBase']).toBe(await digestFolder(baseFolder));
  const trained = await loadModelFolder(join(run, 'models', 'train-verifier-1'));
  expect(trained.config.head).toMatchObject({ kind: 'token-classification', features: 'hidden' });
  // The head alone is trained: all else is the base's to the bit, and so are its tokens.
  for (const [name, values] of baseOfPsrf.parameters) expect(trained.tensors.float32(name)).toEqual(values);
  trained.close();
  const tokens = (folder: string): string => readFileSync(join(folder, 'tokenizer.json'), 'utf8');
  expect(tokens(join(run, 'models', 'train-verifier-1'))).toBe(tokens(baseFolder));

  const hex = before['score-1']?.['scores']?.replace('sha256:', '') ?? '';
  rmSync(join(run, 'artifacts', 'blobs', hex.slice(0, 2), hex));
  const resumed = await startSipf(['resume', 'e-psrf-s7', '--runs', runs, '--no-dashboard']).ended;
  expect(resumed.code, resumed.output).toBe(0);
  expect(
    readLog(run).filter(({ kind, stage }) => kind === 'stage-started' && stage === 'score-1'),
  ).toHaveLength(2);
  expect(outputsOf(run)).toEqual(before);
}, 60_000);
