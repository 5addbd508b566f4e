import { common, outcomeLogOdds, stepLogOdds, verification } from '@sipf/contracts';
import type { LabelledPath, ScoredPath } from '@sipf/evaluation';
import { createClient, type ClientSecurity } from '@sipf/service';

/** Scored paths, and why others are not. */
export interface Scoring {
  readonly scored: readonly ScoredPath[];
  /** One a path without scores, naming it. */
  readonly faults: readonly string[];
}

/** Scores labelled paths by a verification service, some in one call; a path that cannot be scored is a fault. */
export async function scorePaths(
  paths: readonly LabelledPath[],
  {
    address,
    batch,
    isOutcomeAsked,
    ...options
  }: ClientSecurity & {
    readonly address: string;
    readonly signal: AbortSignal;
    readonly deadlineMs: number;
    readonly batch: number;
    /** Whether the service's outcome verifier scores them too. */
    readonly isOutcomeAsked: boolean;
  },
): Promise<Scoring> {
  using client = createClient(verification.VerificationServiceDefinition, address, {
    ...options,
    idempotent: true,
  });
  const { BOTH, PROCESS } = verification.Verifiers;
  const verifiers = isOutcomeAsked ? BOTH : PROCESS;
  const scored: ScoredPath[] = [];
  const faults: string[] = [];
  for (let start = 0; start < paths.length; start += batch) {
    const some = paths.slice(start, start + batch);
    const rows = some.map(({ question, steps }) => ({ question, steps: [...steps] }));
    const { scores } = await client.score({ rows, verifiers, priority: common.Priority.BULK });
    some.forEach((path, at) => {
      const result = scores[at]?.result;
      if (result?.$case === 'steps') scored.push({ ...path, ...scoresOf(result.value) });
      else faults.push(`path ${path.id ?? start + at + 1}: ${result?.value.message ?? 'no answer'}`);
    });
  }
  return { scored, faults };
}

function scoresOf(scores: verification.StepScores): Omit<ScoredPath, keyof LabelledPath> {
  const { probabilities, outcomeProbabilities: outcome } = scores;
  const process = { probabilities, logOdds: stepLogOdds(scores) };
  if (outcome.length === 0) return process;
  return { ...process, outcomeProbabilities: outcome, outcomeLogOdds: outcomeLogOdds(scores) };
}
