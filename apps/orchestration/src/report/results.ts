import type { RunConfig } from '@sipf/contracts';
import {
  CONTINUED_SFT,
  isOfKind,
  planRun,
  recipeOf,
  resultOf,
  sampledEvaluationOf,
  TEST,
  type IterationCounts,
  type ResultRow,
  type Results,
  type Stage,
  type StageNumbers,
  type StageOf,
  type StageResult,
  type StageResults,
} from '@sipf/runs';
import { warningsOf } from '../run/something-to-learn.ts';

/** The results of a run, from those of its stages. */
export function resultsOf(config: RunConfig, results: ReadonlyMap<string, StageResult>): Results {
  const plan = planRun(config);
  const rows = plan.filter(isOfKind('evaluate')).flatMap((stage) => {
    const result = resultOf(stage, results);
    return result === undefined ? [] : [rowOf(config, stage, result, results)];
  });
  const last = Math.max(...plan.map(({ iteration }) => iteration));
  const iterations = Array.from({ length: last + 1 }, (_, k) => countsOf(plan, k, results));
  const warnings = plan.flatMap((stage) => {
    const result = results.get(stage.id);
    return result === undefined ? [] : warningsOf(stage, result);
  });
  return { seed: config.seed, rows, iterations, ...(warnings.length > 0 ? { warnings } : {}) };
}

function rowOf(
  config: RunConfig,
  stage: StageOf<'evaluate'>,
  { counts, figures, outputs }: StageResults['evaluate'],
  results: ReadonlyMap<string, StageResult>,
): ResultRow {
  const producer = results.get(stage.policyFrom)?.outputs ?? {};
  const { correct, total, flexibleCorrect } = counts;
  const { accuracy, low, high, wholePathAccuracy } = figures;
  return {
    method: methodName(config, stage),
    dataset: stage.dataset,
    iteration: stage.iteration,
    ...{ correct, total, accuracy, low, high },
    ...(flexibleCorrect === undefined ? {} : { flexibleCorrect }),
    ...(wholePathAccuracy === undefined ? {} : { wholePathAccuracy }),
    ...sampledFigures(stage, results),
    outcomes: outputs.outcomes ?? '',
    model: producer['model'] ?? producer['policy'] ?? '',
  };
}

/** What several samples of the same model's were worth. */
function sampledFigures(
  { id, dataset }: StageOf<'evaluate'>,
  results: ReadonlyMap<string, StageResult>,
): Pick<ResultRow, 'sampled'> {
  if (dataset !== TEST) return {};
  const beside = { id: sampledEvaluationOf(id), kind: 'evaluate-samples' } as const;
  const sampled = resultOf<'evaluate-samples'>(beside, results);
  return sampled === undefined ? {} : { sampled: sampled.figures };
}

function methodName(config: RunConfig, { iteration, policyFrom }: Stage): string {
  if (policyFrom === CONTINUED_SFT) return 'SFT continued';
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
        // What is measured beside the method is no count of it.
        .filter(({ dataset, compared }) => dataset === undefined && compared === undefined)
        .flatMap(({ id, kind }) =>
          Object.entries(results.get(id)?.[part] ?? {}).map(([name, value]) => [`${kind}.${name}`, value]),
        ),
    );
  const { counts, figures }: StageNumbers = { counts: named('counts'), figures: named('figures') };
  const trainingExamples = counts['align.pairs'] ?? counts['sft.examples'] ?? 0;
  return { iteration, trainingExamples, counts, figures };
}
