import { FolderArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { someResult } from '@sipf/runs/testing';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The contents of a finished run. */
export interface FinishedRun {
  readonly questions: number;
  readonly pathsPerQuestion: number;
  /** Steps of its SFT. */
  readonly trainingSteps: number;
}

const config = parseRunConfig({ ...SMALL_RUN, iterations: 1 });

/** What computed its stages, by their names; nothing is known of the others. */
const ENGINES: Readonly<Record<string, object>> = {
  'sft-0': {
    ...{ kind: 'trl', version: '1.16.0', precision: 'float32', device: 'cpu' },
    ...{ processes: 2, sharding: 'fsdp2', facts: { torch: '2.15.0' } },
  },
  'sample-1': { kind: 'vllm', version: '0.32.0', precision: 'bfloat16', device: 'cuda, vLLM at policy:8000' },
};

/** Writes the folder of a finished embedded run, with the wanted number of paths; all values are known. */
export async function writeFinishedRun(runs: string, id: string, size: FinishedRun): Promise<void> {
  const folder = join(runs, id);
  mkdirSync(folder, { recursive: true });
  const store = new FolderArtifactStore(join(folder, 'artifacts'));
  const put = async (rows: Iterable<unknown>): Promise<string> => {
    const text = Array.from(rows, (row) => `${JSON.stringify(row)}\n`).join('');
    return (await store.putBytes(Buffer.from(text), MEDIA_TYPES.jsonLines)).digest;
  };
  const loop = await put(questionsOf(size));
  const paths = await put(pathsOf(size));
  const scores = await put(mapped(pathsOf(size), scoresOf));
  const labels = await put(mapped(firstOf(pathsOf(size), 10), labelsOf));
  const pairs = await put(pairsOf(size));
  const results = [
    ['data', { loop, test: loop }],
    ['sft-0', { model: `sha256:${'0'.repeat(64)}` }],
    ['sample-1', { paths }],
    ['label-1', { labels }],
    ['score-1', { scores }],
    ['pair-1', { pairs }],
  ] as const;
  writeLog(folder, id, results);
  writeMetrics(folder, size.trainingSteps);
}

/** The reward of path `index` of the run. */
export function rewardOf(index: number): number {
  return (scoreOf(index, 0) + scoreOf(index, 1)) / 2;
}

function scoreOf(index: number, step: number): number {
  return ((index * 37 + step * 11) % 1000) / 1000;
}

function writeLog(
  folder: string,
  runId: string,
  results: readonly (readonly [string, Readonly<Record<string, string>>])[],
): void {
  const events = [
    { kind: 'run-started', runId, config, commit: 'test' },
    ...results.flatMap(([stage, outputs]) => [
      { kind: 'stage-started', stage },
      { kind: 'stage-completed', stage, result: someResult(stage, { outputs }), engine: ENGINES[stage] },
    ]),
    { kind: 'stage-started', stage: 'align-1' },
    { kind: 'run-cancelled' },
  ];
  const lines = events.map((event, index) => {
    const at = new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString();
    return `${JSON.stringify({ index, at, ...event })}\n`;
  });
  writeFileSync(join(folder, 'log.jsonl'), lines.join(''));
}

function writeMetrics(folder: string, steps: number): void {
  const lines = Array.from(
    { length: steps },
    (_, at) => `${JSON.stringify({ stage: 'sft-0', step: at + 1, loss: at === 7 ? 99 : 1 / (at + 1) })}\n`,
  );
  writeFileSync(join(folder, 'metrics.jsonl'), lines.join(''));
}

function* questionsOf({ questions }: FinishedRun) {
  for (let at = 0; at < questions; at++) {
    const fruit = at % 2 === 0 ? 'Apples' : 'Pears';
    yield { id: `loop/${at}`, question: `${fruit}, question ${at}?`, answer: String(at) };
  }
}

interface WrittenPath {
  readonly index: number;
  readonly key: string;
  readonly path: object;
}

function* pathsOf({ questions, pathsPerQuestion }: FinishedRun) {
  for (const { path } of described({ questions, pathsPerQuestion })) yield path;
}

function* described(size: Omit<FinishedRun, 'trainingSteps'>): Generator<WrittenPath> {
  let index = 0;
  for (let question = 0; question < size.questions; question++) {
    for (let sampleIndex = 0; sampleIndex < size.pathsPerQuestion; sampleIndex++, index++) {
      yield describe(index, `loop/${question}`, sampleIndex);
    }
  }
}

function describe(index: number, questionId: string, sampleIndex: number): WrittenPath {
  const texts = [`<<${index}+1=${index + 1}>>\n`, `#### ${index}`];
  const [first = '', second = ''] = texts;
  const steps = [
    { text: first, start: 0, end: first.length },
    { text: second, start: first.length, end: first.length + second.length },
  ];
  const outcome = index % 4 === 0 ? 'correct' : 'wrong';
  const path = { questionId, iteration: 1, sampleIndex, text: texts.join(''), steps, outcome, index };
  return { index, key: `1/${sampleIndex}/${questionId}`, path: { ...path, meanLogProb: -1 - (index % 10) } };
}

interface PathRecord {
  readonly index: number;
  readonly questionId: string;
  readonly sampleIndex: number;
}

function scoresOf({ index, questionId, sampleIndex }: PathRecord) {
  return {
    path: `1/${sampleIndex}/${questionId}`,
    probabilities: [scoreOf(index, 0), scoreOf(index, 1)],
  };
}

function labelsOf({ questionId, sampleIndex }: PathRecord) {
  const labels = [
    { hard: 1, soft: 0.5, rollouts: 8, reachedBy: [0, 1, 2, 3] },
    { hard: 0, soft: 0, rollouts: 0, reachedBy: [] },
  ];
  return { path: `1/${sampleIndex}/${questionId}`, labels };
}

/** The first two paths of every question. */
function* pairsOf(size: FinishedRun) {
  for (let question = 0; question < size.questions; question++) {
    const first = question * size.pathsPerQuestion;
    const [a, b] = [0, 1].map((sample) => describe(first + sample, `loop/${question}`, sample).path);
    const difference = Math.abs(rewardOf(first) - rewardOf(first + 1));
    yield { questionId: `loop/${question}`, chosen: a, rejected: b, difference };
  }
}

function* mapped(items: Iterable<object>, change: (item: PathRecord) => object) {
  for (const item of items) yield change(item as PathRecord);
}

function* firstOf<T>(items: Iterable<T>, count: number) {
  let left = count;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}
