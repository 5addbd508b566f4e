import { fileURLToPath } from 'node:url';
import { createScorer, type Scorer, type StepScoreRequest } from '@sipf/inference';
import { createRng } from '@sipf/random';
import { startJsonPeer, type JsonPeer } from '../support/json-peer.ts';
import type { ShapeName } from '../support/llama-shapes.ts';
import { table } from '../support/table.ts';
import { raggedPaths, WORDS, type RaggedPath } from './ragged-paths.ts';

const PEER = fileURLToPath(new URL('./peer.py', import.meta.url));
/** Rows of a padded batch that the peer may choose from. */
const PEER_BATCHES = [4, 8, 16, 32];
/** Rows on which the peer's batch size is chosen. */
const TRIAL_ROWS = 64;
/** Scores of both sides may differ by so much: the products' sums are cut differently. */
const TOLERANCE = 1e-4;

interface PeerOrder {
  readonly rows: readonly (readonly number[])[];
  readonly ends: readonly (readonly number[])[];
  readonly batch: number;
  readonly by_length: boolean;
}

interface PeerAnswer {
  readonly ms: number;
  readonly scores: readonly (readonly number[])[];
}

type Peer = JsonPeer<PeerOrder, PeerAnswer>;

/** How throughput is measured. */
export interface ThroughputOptions {
  readonly folder: string;
  readonly shape: ShapeName;
  /** A Python with torch and transformers; without it our own side alone is measured. */
  readonly python: string | undefined;
  readonly paths: number;
  /** Paths of a question, which come one after the other. */
  readonly each: number;
  readonly rounds: number;
  /** The peer has as many torch threads as we have threads in all. */
  readonly layouts: readonly Layout[];
}

/** Threads that hold the model, and threads inside one operator of each. */
export interface Layout {
  readonly workers: number;
  readonly threadsPerWorker: number;
}

/** Paths and tokens a second from token ids to scores, against transformers on the same model and the same ids. */
export async function measureThroughput(options: ThroughputOptions): Promise<unknown> {
  const rows = raggedPaths(options.paths, createRng('verifier-bench'), options.each).map(encodePath);
  const tokens = rows.reduce((sum, { ids }) => sum + ids.length, 0);
  const results = [];
  for (const layout of options.layouts) {
    const threads = layout.workers * layout.threadsPerWorker;
    const own = await measureOwn(options, layout, rows);
    const peer = await measurePeer(options, threads, rows);
    if (peer !== undefined) expectSame(own.scores, peer.scores);
    results.push({ ...layout, ms: own.ms, peer: peer?.sides });
  }
  const rate = (ms: number | undefined, count: number): string =>
    ms === undefined ? '' : ((1000 * count) / ms).toFixed(1);
  const lines = results.map(({ workers, threadsPerWorker, ms, peer }) => [
    `${workers} x ${threadsPerWorker}`,
    ...[rate(ms, rows.length), rate(ms, tokens)],
    ...(['sorted', 'unsorted'] as const).flatMap((side) => {
      const found = peer?.[side];
      return found === undefined
        ? ['', '']
        : [`${rate(found.ms, rows.length)} (batch ${found.batch})`, `${(found.ms / ms).toFixed(2)} x`];
    }),
  ]);
  const head = ['workers x threads', 'paths/s', 'tokens/s', 'peer, sorted', '', 'peer, unsorted', ''];
  process.stdout.write(`${table(head, lines)}\n`);
  return { shape: options.shape, paths: rows.length, each: options.each, tokens, results };
}

/** A path's ids as the words' tokenizer gives them, without asking it. */
export function encodePath({ question, steps }: RaggedPath): StepScoreRequest {
  const idOf = new Map(WORDS.map((word, at) => [word, 3 + at]));
  const read = (text: string) => text.split(' ').map((word) => idOf.get(word) ?? 0);
  const ids = [1, ...read(question)];
  const promptLength = ids.length;
  const stepEndPositions = steps.map((step) => ids.push(...read(step)) - 1);
  return { ids, promptLength, stepEndPositions };
}

async function measureOwn(
  { folder, rounds }: ThroughputOptions,
  layout: Layout,
  rows: readonly StepScoreRequest[],
): Promise<PeerAnswer> {
  const scorer = await createScorer({ folder }, layout);
  try {
    await scoreAll(scorer, rows.slice(0, TRIAL_ROWS));
    const all = [];
    for (let round = 0; round < rounds; round++) all.push(await scoreAll(scorer, rows));
    return all.reduce((best, one) => (one.ms < best.ms ? one : best));
  } finally {
    await scorer.close();
  }
}

async function scoreAll(scorer: Scorer, rows: readonly StepScoreRequest[]): Promise<PeerAnswer> {
  const scores: (readonly number[])[] = [];
  const started = performance.now();
  for await (const { rowIndex, probabilities } of scorer.scoreSteps(rows)) scores[rowIndex] = probabilities;
  return { ms: performance.now() - started, scores };
}

/** The peer at its best batch size, sorted by length and not. */
async function measurePeer(
  { folder, python, rounds }: ThroughputOptions,
  threads: number,
  rows: readonly StepScoreRequest[],
) {
  if (python === undefined) return undefined;
  const peer: Peer = await startJsonPeer(python, [PEER, folder, String(threads)], threads);
  try {
    const sorted = await bestOf(peer, rows, { rounds, by_length: true });
    const unsorted = await bestOf(peer, rows, { rounds, by_length: false });
    return { scores: sorted.scores, sides: { sorted: timeOf(sorted), unsorted: timeOf(unsorted) } };
  } finally {
    await peer.close();
  }
}

async function bestOf(
  peer: Peer,
  rows: readonly StepScoreRequest[],
  { rounds, by_length }: { readonly rounds: number; readonly by_length: boolean },
) {
  const ask = (some: readonly StepScoreRequest[], batch: number): Promise<PeerAnswer> =>
    peer.ask({
      rows: some.map(({ ids }) => ids),
      ends: some.map(({ stepEndPositions }) => stepEndPositions),
      ...{ batch, by_length },
    });
  // Every n-th row, so that the lengths are spread as those of all rows are.
  const trial = rows.filter((_, at) => at % Math.ceil(rows.length / TRIAL_ROWS) === 0);
  await ask(trial.slice(0, 8), 8);
  let best = { batch: 1, ms: Infinity };
  for (const batch of PEER_BATCHES) {
    const { ms } = await ask(trial, batch);
    if (ms < best.ms) best = { batch, ms };
  }
  let answer = await ask(rows, best.batch);
  for (let round = 1; round < rounds; round++) {
    const again = await ask(rows, best.batch);
    if (again.ms < answer.ms) answer = again;
  }
  return { ...answer, batch: best.batch };
}

function timeOf({ ms, batch }: { readonly ms: number; readonly batch: number }) {
  return { ms, batch };
}

/** No speeds are compared of sides that compute different things. */
function expectSame(own: readonly (readonly number[])[], other: readonly (readonly number[])[]): void {
  own.forEach((values, row) => {
    values.forEach((value, at) => {
      const difference = Math.abs(value - (other[row]?.[at] ?? NaN));
      if (difference < TOLERANCE) return;
      throw new Error(`row ${row}: the sides disagree by ${difference}`);
    });
  });
}
