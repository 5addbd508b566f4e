import type { verification } from '@sipf/contracts';
import type { ScoredRow } from '../score-rows.ts';
import { aggregatesOf } from './step-scores.ts';

/** What the verifiers that were asked made of one row. */
export interface JudgedRow {
  readonly id: string;
  readonly process: ScoredRow | undefined;
  readonly outcome: ScoredRow | undefined;
}

/** A row's scores, or the reason of the first verifier that could not score it. */
export function answerRow(
  { id, process, outcome }: JudgedRow,
  wanted: readonly verification.Aggregation[],
): verification.RowScore {
  const error = process?.row.error ?? outcome?.row.error;
  if (error !== undefined) return { id, result: { $case: 'error', value: error } };
  const probabilities = [...(process?.probabilities ?? [])];
  return {
    id,
    result: {
      $case: 'steps',
      value: {
        probabilities,
        aggregates: process === undefined ? undefined : aggregatesOf(probabilities, wanted),
        steps: [...((process ?? outcome)?.row.row?.steps ?? [])],
        truncation: process?.row.row?.truncation,
        outcomeProbabilities: [...(outcome?.probabilities ?? [])],
        outcomeTruncation: outcome?.row.row?.truncation,
      },
    },
  };
}
