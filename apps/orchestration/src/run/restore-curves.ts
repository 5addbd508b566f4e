import { countedSteps, type MetricsFile, type RunEntry, type StepMetrics } from '@sipf/runs';
import type { Logger } from '@sipf/service';

/** What putting curves back needs of its surroundings. */
export interface RestoreOptions {
  readonly metrics: MetricsFile;
  /** The steps of a completed stage as they were reported, from where they still are; rejects where they are nowhere. */
  readonly stepsOf: (stage: string) => Promise<readonly StepMetrics[]>;
  readonly logger: Logger;
}

/**
 * Puts back what metrics.jsonl lost of completed stages: what was cut off after damage, and steps that the log counts and the
 * file has not. A stage that is not completed reports its steps again by itself.
 */
export async function restoreCurves(
  entries: readonly RunEntry[],
  { metrics, stepsOf, logger }: RestoreOptions,
): Promise<void> {
  const steps = countedSteps(entries);
  const cutOff = Map.groupBy(metrics.cutOff, ({ stage }) => stage);
  if (metrics.cutOff.length > 0)
    logger.warn(
      { lines: metrics.cutOff.length },
      'metrics.jsonl is damaged: it is cut off there, and taken again',
    );
  for (const stage of new Set([...steps.keys(), ...cutOff.keys()])) {
    const lines = cutOff.get(stage) ?? [];
    if (lines.length === 0 && metrics.lastStep(stage) >= (steps.get(stage) ?? 0)) continue;
    const reported = steps.has(stage) ? await stepsOf(stage).catch(() => []) : [];
    for (const { step, values } of merged(lines, reported)) metrics.record(stage, step, values);
    const [have, due] = [metrics.lastStep(stage), steps.get(stage) ?? 0];
    if (have < due) logger.warn({ stage, have, due }, 'steps of a training are lost from metrics.jsonl');
  }
}

/** Both in order of their steps: a job that was restarted reports those from its checkpoint on; the others may be in the file. */
function merged(lines: readonly StepMetrics[], reported: readonly StepMetrics[]): StepMetrics[] {
  const steps = new Map<number, StepMetrics>();
  for (const { step, values } of [...lines, ...reported]) steps.set(step, { step, values });
  return [...steps.values()].sort((a, b) => a.step - b.step);
}
