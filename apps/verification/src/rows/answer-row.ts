import type { verification } from '@sipf/contracts';
import { probabilityOf } from '@sipf/method';
import type { ScoredRow } from '../score-rows.ts';
import { aggregatesOf } from './step-scores.ts';

/** The results of the wanted verifiers for one row. */
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
  const [logOdds, outcomeLogOdds] = [process, outcome].map((scored) => [...(scored?.logOdds ?? [])]) as [
    number[],
    number[],
  ];
  return {
    id,
    result: {
      $case: 'steps',
      value: {
        probabilities: logOdds.map(probabilityOf),
        aggregates: process === undefined ? undefined : aggregatesOf(logOdds, wanted),
        steps: [...((process ?? outcome)?.row.row?.steps ?? [])],
        truncation: process?.row.row?.truncation,
        outcomeProbabilities: outcomeLogOdds.map(probabilityOf),
        outcomeTruncation: outcome?.row.row?.truncation,
        logOdds,
        outcomeLogOdds,
      },
    },
  };
}
