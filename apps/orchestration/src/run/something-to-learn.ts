import type { RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { planRun, readResult, rowOf, type NothingToLearn, type Stage, type StageResult } from '@sipf/runs';

/**
 * Stops a run at the stage that knows that nothing can be learnt from what it has made.
 * @throws SipfError failed-precondition NOTHING_TO_LEARN that says what there is, and which settings to change
 */
export function requireSomethingToLearn(stage: Stage, result: StageResult, config: RunConfig): void {
  const why = hopeless(stage, result, config);
  if (why === undefined) return;
  throw new SipfError('failed-precondition', `stage ${stage.id}: ${why.what}. To change: ${why.remedy}`, {
    reason: 'NOTHING_TO_LEARN',
    violations: [{ field: stage.id, description: why.what }],
  });
}

function hopeless(stage: Stage, result: StageResult, config: RunConfig): NothingToLearn | undefined {
  // What is compared with the run's own verifier is learnt from by nobody.
  if (stage.compared !== undefined) return undefined;
  const readers = planRun(config).flatMap(({ reads, method }) =>
    method !== undefined && Object.values(reads).includes(stage.id) ? [method] : [],
  );
  const { counts } = readResult(stage.kind, result, stage.id);
  return rowOf(stage.kind).hopeless?.(counts as never, stage as never, readers);
}

/** What is odd about a stage's result, in words for people; the run continues. */
export function warningsOf(stage: Stage, result: StageResult): string[] {
  const { counts } = readResult(stage.kind, result, stage.id);
  const oddities = rowOf(stage.kind).oddities?.(counts as never) ?? [];
  return oddities.map((what) => `${stage.id}: ${what}`);
}
