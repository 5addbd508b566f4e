import { verification } from '@sipf/contracts';
import { createClient, type ClientSecurity } from '@sipf/service';
import type { LabelledPath, ScoredPath } from '@sipf/verifier-evaluation';

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
    ...options
  }: ClientSecurity & {
    readonly address: string;
    readonly signal: AbortSignal;
    readonly deadlineMs: number;
    readonly batch: number;
  },
): Promise<Scoring> {
  using client = createClient(verification.VerificationServiceDefinition, address, {
    ...options,
    idempotent: true,
  });
  const scored: ScoredPath[] = [];
  const faults: string[] = [];
  for (let start = 0; start < paths.length; start += batch) {
    const some = paths.slice(start, start + batch);
    const rows = some.map(({ question, steps }) => ({ question, steps: [...steps] }));
    const { scores } = await client.score({ rows, priority: verification.Priority.BULK });
    some.forEach((path, at) => {
      const result = scores[at]?.result;
      if (result?.$case === 'steps') scored.push({ ...path, probabilities: result.value.probabilities });
      else faults.push(`path ${path.id ?? start + at + 1}: ${result?.value.message ?? 'no answer'}`);
    });
  }
  return { scored, faults };
}
