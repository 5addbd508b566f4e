import type { ArtifactStore } from '@sipf/artifacts';
import { type Path, pathKey, pathReward, type RewardAggregation } from '@sipf/method';
import { ROWS } from '@sipf/runs';
import type { Problem } from '@sipf/tasks';
import { BoundedCache, type Weighted } from './bounded-cache.ts';
import { indexLines, type LineIndex } from './line-index.ts';

/** What is known of every path of an artifact without reading it again; arrays have an entry a line. */
export interface PathIndex extends Weighted {
  readonly lines: LineIndex;
  readonly keys: readonly string[];
  readonly byKey: ReadonlyMap<string, number>;
  readonly questionIds: readonly string[];
  readonly outcomes: readonly Path['outcome'][];
  readonly stepCounts: readonly number[];
  /** -Infinity where there is none. */
  readonly logProbs: readonly number[];
}

/** Records that name their path, by it. */
export interface KeyedIndex extends Weighted {
  readonly lines: LineIndex;
  readonly byKey: ReadonlyMap<string, number>;
}

/** Scores of paths with the reward that they make. */
export interface ScoreIndex extends KeyedIndex {
  readonly rewards: ReadonlyMap<string, number>;
}

export interface PairIndex extends Weighted {
  readonly lines: LineIndex;
  readonly questionIds: readonly string[];
  readonly differences: readonly number[];
}

/** A question as the page shows it. */
type ShownQuestion = Pick<Problem, 'question' | 'answer'>;

export interface QuestionIndex extends Weighted {
  readonly byId: ReadonlyMap<string, ShownQuestion>;
}

/** Lines of all indexes together that are kept: about 200 bytes each. */
const MAX_LINES = 2_000_000;

/** The indexes of artifacts, each made once and kept while there is room. */
export class Indexes {
  readonly #cache = new BoundedCache<Weighted>(MAX_LINES);

  paths(store: ArtifactStore, digest: string): Promise<PathIndex> {
    return this.#kept(`paths ${digest}`, () => indexPaths(store, digest));
  }

  scores(store: ArtifactStore, digest: string, aggregation: RewardAggregation): Promise<ScoreIndex> {
    return this.#kept(`scores ${digest} ${aggregation}`, () => indexScores(store, digest, aggregation));
  }

  labels(store: ArtifactStore, digest: string): Promise<KeyedIndex> {
    return this.#kept(`labels ${digest}`, async () => {
      const byKey = new Map<string, number>();
      const lines = await indexLines({ store, digest, schema: ROWS.labels }, ({ path }, line) =>
        byKey.set(path, line),
      );
      return { lines, byKey, weight: lines.count };
    });
  }

  pairs(store: ArtifactStore, digest: string): Promise<PairIndex> {
    return this.#kept(`pairs ${digest}`, () => indexPairs(store, digest));
  }

  questions(store: ArtifactStore, digest: string): Promise<QuestionIndex> {
    return this.#kept(`questions ${digest}`, async () => {
      const byId = new Map<string, ShownQuestion>();
      await indexLines({ store, digest, schema: ROWS.problems }, ({ id, question, answer }) => {
        byId.set(id, { question, answer });
      });
      return { byId, weight: byId.size };
    });
  }

  /** A key is of one type only. */
  async #kept<T extends Weighted>(key: string, make: () => Promise<T>): Promise<T> {
    return (await this.#cache.get(key, make)) as T;
  }
}

async function indexPaths(store: ArtifactStore, digest: string): Promise<PathIndex> {
  const keys: string[] = [];
  const questionIds: string[] = [];
  const outcomes: Path['outcome'][] = [];
  const stepCounts: number[] = [];
  const logProbs: number[] = [];
  const lines = await indexLines({ store, digest, schema: ROWS.paths }, (path) => {
    keys.push(pathKey(path));
    questionIds.push(path.questionId);
    outcomes.push(path.outcome);
    stepCounts.push(path.steps.length);
    logProbs.push(path.meanLogProb ?? -Infinity);
  });
  const byKey = new Map(keys.map((key, line) => [key, line]));
  return { lines, keys, byKey, questionIds, outcomes, stepCounts, logProbs, weight: lines.count };
}

async function indexScores(
  store: ArtifactStore,
  digest: string,
  aggregation: RewardAggregation,
): Promise<ScoreIndex> {
  const byKey = new Map<string, number>();
  const rewards = new Map<string, number>();
  const lines = await indexLines({ store, digest, schema: ROWS.scores }, ({ path, probabilities }, line) => {
    byKey.set(path, line);
    if (probabilities.length > 0) rewards.set(path, pathReward(probabilities, aggregation));
  });
  return { lines, byKey, rewards, weight: lines.count };
}

async function indexPairs(store: ArtifactStore, digest: string): Promise<PairIndex> {
  const questionIds: string[] = [];
  const differences: number[] = [];
  const lines = await indexLines({ store, digest, schema: ROWS.pairs }, ({ questionId, difference }) => {
    questionIds.push(questionId);
    differences.push(difference);
  });
  return { lines, questionIds, differences, weight: lines.count };
}
