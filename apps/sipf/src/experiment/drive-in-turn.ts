import { orchestration } from '@sipf/contracts';
import type { PlannedRun } from './plan-experiment.ts';

/** How each run of an experiment is driven. */
export interface DriveInTurnOptions {
  /** Aborts when the experiment is cancelled. */
  readonly signal: AbortSignal;
  /** Whether the run succeeded before. */
  readonly isDone: (run: PlannedRun, index: number) => boolean;
  /** Begins or resumes the run, and follows it to its end. */
  readonly drive: (run: PlannedRun, index: number) => Promise<orchestration.RunState>;
}

/**
 * Drives the runs that are not done, one after another; a run that fails does not stop the others, a cancel does.
 * @returns how each run ended, in order; fewer than there are where the experiment was cancelled
 */
export async function driveInTurn(
  runs: readonly PlannedRun[],
  { signal, isDone, drive }: DriveInTurnOptions,
): Promise<orchestration.RunState[]> {
  const { CANCELLED, SUCCEEDED } = orchestration.RunState;
  const states: orchestration.RunState[] = [];
  for (const [index, run] of runs.entries()) {
    if (isDone(run, index)) {
      states.push(SUCCEEDED);
      continue;
    }
    const state = await drive(run, index);
    states.push(state);
    if (signal.aborted || state === CANCELLED) break;
  }
  return states;
}
