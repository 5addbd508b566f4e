import type { RunConfig } from '@sipf/contracts';
import { DATA, TEST, VALIDATION, type Stage } from './stage.ts';

/** What is asked of every model of a run, the test questions first. */
export function dataSetsOf({ evaluation }: RunConfig): string[] {
  const validation = evaluation.validationQuestions > 0 ? [VALIDATION] : [];
  return [TEST, ...validation, ...evaluation.outOfDomain.map(({ name }) => name)];
}

/** An evaluation on the test questions, and the same on every other data set: `evaluate-2`, `evaluate-harder-2`. */
export function onEveryDataSet(evaluation: Stage, config: RunConfig): Stage[] {
  const place = evaluation.id.slice('evaluate-'.length);
  return dataSetsOf(config).map((dataset) => ({
    ...evaluation,
    id: dataset === TEST ? evaluation.id : `evaluate-${dataset}-${place}`,
    dataset,
  }));
}

/** The id of the sampled evaluation beside a greedy one on the test questions. */
export function sampledEvaluationOf(evaluation: string): string {
  return evaluation.replace('evaluate-', 'evaluate-samples-');
}

/**
 * Pass@k, majority and best of k for every evaluated model. They come after everything else, so that the last verifier
 * ranks the samples of M_0 too.
 */
export function sampledEvaluations(stages: readonly Stage[], config: RunConfig): Stage[] {
  if (config.evaluation.samples === undefined) return [];
  const verifier = stages.findLast(({ kind }) => kind === 'train-verifier')?.id;
  const measured = stages.filter(({ kind, dataset }) => kind === 'evaluate' && dataset === TEST);
  return measured.map((evaluation) => ({
    ...evaluation,
    id: sampledEvaluationOf(evaluation.id),
    kind: 'evaluate-samples',
    reads: verifier === undefined ? {} : { 'train-verifier': verifier },
    after: [...new Set([DATA, evaluation.policyFrom, ...(verifier === undefined ? [] : [verifier])])],
  }));
}
