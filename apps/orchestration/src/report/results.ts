import type { RunConfig } from '@sipf/contracts';
import { warningsOf } from '../run/something-to-learn.ts';
import {
  type IterationCounts,
  planRun,
  recipeOf,
  type ResultRow,
  type Results,
  sampledEvaluationOf,
  type Stage,
  type StageResult,
  TEST,
} from '@sipf/runs';

/** The results of a run, from those of its stages. */
export function resultsOf(config: RunConfig, results: ReadonlyMap<string, StageResult>): Results {
  const plan = planRun(config);
  const evaluations = plan.filter(({ kind }) => kind === 'evaluate');
  const rows = evaluations.flatMap((stage) => {
    const result = results.get(stage.id);
    return result === undefined ? [] : [rowOf(config, stage, result, results)];
  });
  const last = Math.max(...plan.map(({ iteration }) => iteration));
  const iterations = Array.from({ length: last + 1 }, (_, k) => countsOf(plan, k, results));
  const warnings = plan.flatMap((stage) => warningsOf(stage, results.get(stage.id)?.counts ?? {}));
  return { seed: config.seed, rows, iterations, ...(warnings.length > 0 ? { warnings } : {}) };
}

function rowOf(
  config: RunConfig,
  stage: Stage,
  { counts, figures, outputs }: StageResult,
  results: ReadonlyMap<string, StageResult>,
): ResultRow {
  const producer = results.get(stage.policyFrom)?.outputs ?? {};
  const { wholePathAccuracy } = figures;
  const { flexibleCorrect } = counts;
  return {
    method: methodName(config, stage),
    dataset: stage.dataset ?? TEST,
    iteration: stage.iteration,
    correct: counts['correct'] ?? 0,
    total: counts['total'] ?? 0,
    accuracy: figures['accuracy'] ?? 0,
    low: figures['low'] ?? 0,
    high: figures['high'] ?? 0,
    ...(flexibleCorrect === undefined ? {} : { flexibleCorrect }),
    ...(wholePathAccuracy === undefined ? {} : { wholePathAccuracy }),
    ...sampledFigures(stage, results),
    outcomes: outputs['outcomes'] ?? '',
    model: producer['model'] ?? producer['policy'] ?? '',
  };
}

/** What several samples of the same model's were worth. */
function sampledFigures(
  { id, dataset }: Stage,
  results: ReadonlyMap<string, StageResult>,
): Pick<ResultRow, 'sampled'> {
  const sampled = results.get(sampledEvaluationOf(id));
  return dataset !== TEST || sampled === undefined ? {} : { sampled: sampled.figures };
}

function methodName(config: RunConfig, { iteration, policyFrom }: Stage): string {
  if (policyFrom === 'continued-sft') return 'SFT continued';
  const { title, loop, maxIterations } = recipeOf(config);
  if (iteration > 0) return maxIterations === 1 ? title : `${title} ${iteration}`;
  return loop.length > 0 ? 'SFT' : title;
}

function countsOf(
  plan: readonly Stage[],
  iteration: number,
  results: ReadonlyMap<string, StageResult>,
): IterationCounts {
  const own = plan.filter((stage) => stage.iteration === iteration && stage.method !== undefined);
  const named = (part: 'counts' | 'figures'): Record<string, number> =>
    Object.fromEntries(
      own
        .filter(({ kind }) => kind !== 'evaluate' && kind !== 'evaluate-samples')
        .flatMap(({ id, kind }) =>
          Object.entries(results.get(id)?.[part] ?? {}).map(([name, value]) => [`${kind}.${name}`, value]),
        ),
    );
  const counts = named('counts');
  const trainingExamples = counts['align.pairs'] ?? counts['sft.examples'] ?? 0;
  return { iteration, trainingExamples, counts, figures: named('figures') };
}
