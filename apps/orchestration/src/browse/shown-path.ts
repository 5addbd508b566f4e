import type { ArtifactStore } from '@sipf/artifacts';
import { browse } from '@sipf/contracts';
import { pathKey, type Path } from '@sipf/method';
import { type LabelRecord, ROWS, type ScoreRecord } from '@sipf/runs';
import type { KeyedIndex, QuestionIndex, ScoreIndex } from './indexes.ts';
import { readLines, type Lines } from './line-index.ts';

/** What is shown of paths beside themselves. */
export interface PathCompany {
  readonly artifacts: ArtifactStore;
  readonly questions: QuestionIndex | undefined;
  readonly scores: ScoreIndex | undefined;
  readonly labels: KeyedIndex | undefined;
}

const OUTCOMES = {
  correct: browse.PathOutcome.CORRECT,
  wrong: browse.PathOutcome.WRONG,
  unknown: browse.PathOutcome.UNKNOWN,
} as const satisfies Record<Path['outcome'], browse.PathOutcome>;

/** The outcome of the domain's word. */
export function outcomeNamed(outcome: Path['outcome']): browse.PathOutcome {
  return OUTCOMES[outcome];
}

/** Paths with their questions, scores and labels; two reads more than the paths themselves. */
export async function showPaths(
  paths: readonly Path[],
  { artifacts, questions, scores, labels }: PathCompany,
): Promise<browse.BrowsedPath[]> {
  const keys = paths.map(pathKey);
  const scoreOf = await recordsByKey({ store: artifacts, schema: ROWS.scores }, scores, keys);
  const labelOf = await recordsByKey({ store: artifacts, schema: ROWS.labels }, labels, keys);
  return paths.map((path, index) => {
    const key = keys[index] ?? '';
    const { question = '', answer = '' } = questions?.byId.get(path.questionId) ?? {};
    return {
      key,
      questionId: path.questionId,
      question,
      goldAnswer: answer,
      iteration: path.iteration,
      sampleIndex: path.sampleIndex,
      outcome: OUTCOMES[path.outcome],
      steps: stepsOf(path, scoreOf.get(key), labelOf.get(key)),
      reward: scores?.rewards.get(key),
      meanLogProb: path.meanLogProb,
    };
  });
}

function stepsOf(path: Path, score?: ScoreRecord, label?: LabelRecord): browse.PathStep[] {
  return path.steps.map(({ text }, index) => {
    const own = label?.labels[index];
    return {
      text,
      score: score?.probabilities[index],
      label: own?.hard === undefined ? undefined : own.hard === 1,
      softLabel: own?.soft,
      rollouts: own?.rollouts ?? 0,
    };
  });
}

async function recordsByKey<R extends { readonly path: string }>(
  from: Pick<Lines<R>, 'store' | 'schema'>,
  index: KeyedIndex | undefined,
  keys: readonly string[],
): Promise<ReadonlyMap<string, R>> {
  if (index === undefined) return new Map();
  const lines = [...new Set(keys)].flatMap((key) => index.byKey.get(key) ?? []);
  const records = await readLines(from, index.lines, lines);
  return new Map(records.map((record) => [record.path, record]));
}
