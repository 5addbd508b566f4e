import { join } from 'node:path';
import { readLog } from '../../end-to-end/run-processes.ts';
import type { ChaosSystem } from '../system/chaos-system.ts';
import { untilHolds } from '../system/signals.ts';

/** Waits until a stage is at work. @returns false where it had ended before anybody saw it at work */
export async function untilAtWork(
  system: ChaosSystem,
  stage: string,
  signal: AbortSignal,
  runId = 'disturbed',
): Promise<boolean> {
  const entries = () => readLog(join(system.runs, runId)).filter((entry) => entry.stage === stage);
  await untilHolds(() => entries().length > 0, signal);
  return entries().at(-1)?.kind === 'stage-started';
}
