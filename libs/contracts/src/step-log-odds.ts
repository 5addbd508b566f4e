import { logOddsOf } from '@sipf/method';
import type { StepScores } from './generated/sipf/verification/v1/verification.ts';

/** The log-odds of a path's steps; where a service returns probabilities alone, those of them. */
export function stepLogOdds({
  logOdds,
  probabilities,
}: Pick<StepScores, 'logOdds' | 'probabilities'>): readonly number[] {
  return logOdds.length === probabilities.length ? logOdds : probabilities.map(logOddsOf);
}

/** {@link stepLogOdds} by the outcome verifier. */
export function outcomeLogOdds(scores: StepScores): readonly number[] {
  return stepLogOdds({ logOdds: scores.outcomeLogOdds, probabilities: scores.outcomeProbabilities });
}
