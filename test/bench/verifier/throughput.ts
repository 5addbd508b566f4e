import { createScorer, type Scorer, type StepScoreRequest } from '@sipf/inference';
import { createRng } from '@sipf/random';
import { fileURLToPath } from 'node:url';
import { median } from '../support/interleave.ts';
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

/**
 * Paths and tokens a second from token ids to scores, against transformers on the same model and the same ids: medians of
 * rounds in which the sides take turns.
 */
export async function measureThroughput(options: ThroughputOptions): Promise<unknown> {
  const rows = raggedPaths(options.paths, createRng('verifier-bench'), options.each).map(encodePath);
  const tokens = rows.reduce((sum, { ids }) => sum + ids.length, 0);
  const results = [];
  for (const layout of options.layouts)
    results.push({ ...layout, ...(await measureLayout(options, layout, rows)) });
  const rate = (ms: number, count: number): string => ((1000 * count) / ms).toFixed(1);
  const lines = results.map(({ workers, threadsPerWorker, here, sorted, unsorted }) => [
    `${workers} x ${threadsPerWorker}`,
    ...[rate(here.ms, rows.length), rate(here.ms, tokens)],
    ...[sorted, unsorted].flatMap((side) =>
      side === undefined
        ? ['', '']
        : [`${rate(side.ms, rows.length)} (batch ${side.batch})`, `${(side.ms / here.ms).toFixed(2)} x`],
    ),
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

/** What a side took in each round, and in the middle one. */
interface SideTimes {
  readonly ms: number;
  readonly rounds: readonly number[];
}

interface PeerTimes extends SideTimes {
  readonly batch: number;
}

interface LayoutTimes {
  readonly here: SideTimes;
  readonly sorted?: PeerTimes;
  readonly unsorted?: PeerTimes;
}

/** The sides in turn, the peer in both orders at the batch size that is best for it. */
async function measureLayout(
  { folder, python, rounds }: ThroughputOptions,
  layout: Layout,
  rows: readonly StepScoreRequest[],
): Promise<LayoutTimes> {
  const threads = layout.workers * layout.threadsPerWorker;
  const scorer = await createScorer({ folder }, layout);
  const peer: Peer | undefined =
    python === undefined ? undefined : await startJsonPeer(python, [PEER, folder, String(threads)], threads);
  try {
    const trial = trialOf(rows);
    await scoreAll(scorer, trial);
    const here = () => scoreAll(scorer, rows);
    if (peer === undefined) return await takeTurns({ here }, rounds);
    const [sorted, unsorted] = [await bestBatch(peer, trial, true), await bestBatch(peer, trial, false)];
    const times = await takeTurns(
      {
        here,
        sorted: () => askPeer(peer, rows, { batch: sorted, by_length: true }),
        unsorted: () => askPeer(peer, rows, { batch: unsorted, by_length: false }),
      },
      rounds,
    );
    return {
      here: times.here,
      sorted: { ...times.sorted, batch: sorted },
      unsorted: { ...times.unsorted, batch: unsorted },
    };
  } finally {
    await Promise.all([scorer.close(), peer?.close()]);
  }
}

/** Every side once a round; all give the same scores. */
async function takeTurns<Side extends string>(
  sides: Readonly<Record<Side, () => Promise<PeerAnswer>>>,
  rounds: number,
): Promise<Record<Side, SideTimes>> {
  const names = Object.keys(sides) as Side[];
  const times = new Map<Side, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    let first: PeerAnswer | undefined;
    for (const name of names) {
      const answer = await sides[name]();
      times.get(name)?.push(answer.ms);
      first ??= answer;
      expectSame(first.scores, answer.scores);
    }
  }
  const entries = [...times].map(([name, all]) => [name, { ms: median(all), rounds: all }]);
  return Object.fromEntries(entries) as Record<Side, SideTimes>;
}

async function scoreAll(scorer: Scorer, rows: readonly StepScoreRequest[]): Promise<PeerAnswer> {
  const scores: (readonly number[])[] = [];
  const started = performance.now();
  for await (const { rowIndex, probabilities } of scorer.scoreSteps(rows)) scores[rowIndex] = probabilities;
  return { ms: performance.now() - started, scores };
}

function askPeer(
  peer: Peer,
  rows: readonly StepScoreRequest[],
  order: Pick<PeerOrder, 'batch' | 'by_length'>,
): Promise<PeerAnswer> {
  const ends = rows.map(({ stepEndPositions }) => stepEndPositions);
  return peer.ask({ rows: rows.map(({ ids }) => ids), ends, ...order });
}

/** Every n-th row, so that the lengths are spread as those of all rows are. */
function trialOf(rows: readonly StepScoreRequest[]): readonly StepScoreRequest[] {
  return rows.filter((_, at) => at % Math.ceil(rows.length / TRIAL_ROWS) === 0);
}

/** The size of the padded batches that the peer is fastest with. */
async function bestBatch(
  peer: Peer,
  trial: readonly StepScoreRequest[],
  by_length: boolean,
): Promise<number> {
  await askPeer(peer, trial.slice(0, 8), { batch: 8, by_length });
  let best = { batch: 1, ms: Infinity };
  for (const batch of PEER_BATCHES) {
    const { ms } = await askPeer(peer, trial, { batch, by_length });
    if (ms < best.ms) best = { batch, ms };
  }
  return best.batch;
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
