import { SipfError, storageTrouble } from '@sipf/errors';
import { isLeaseLost, openMetricsFile, layoutIn, planRun } from '@sipf/runs';
import { withRequestContext } from '@sipf/service';
import type { ActiveRun } from './active-run.ts';
import { drive } from './drive.ts';
import { runStage } from './run-stage.ts';
import type { DriveRunOptions } from './stage-options.ts';
import { takeStock } from './take-stock.ts';

/** Drives a run from where its log stands to its end, and logs the end. Never throws for what the run does. */
export async function driveRun(run: ActiveRun, options: DriveRunOptions): Promise<void> {
  const { signal } = run.controller;
  const { config, runId } = run.state;
  try {
    const metrics = await run.whenThereIsRoom(() =>
      openMetricsFile(layoutIn(options.folder).metrics, run.lease),
    );
    await withRequestContext({ runId }, async () => {
      await takeStock(run, metrics, options);
      await drive(planRun(config), {
        completed: run.state.completed,
        concurrency: config.limits.concurrentStages,
        signal,
        run: (stage, results, stageSignal) =>
          runStage({ run, stage, results, metrics, signal: stageSignal, ...options }),
      });
    });
    await run.append({ kind: 'run-succeeded' });
  } catch (error) {
    if (signal.aborted) {
      // A stop of the process leaves the log as it is: the run is then resumed, not cancelled.
      if (isLeaseLost(signal.reason)) options.logger.warn({ runId }, LOST);
      else if (signal.reason !== STOPPED) await run.append({ kind: 'run-cancelled' });
      return;
    }
    options.logger.error({ err: error, runId }, 'run failed');
    await run.append({ kind: 'run-failed', ...describe(error) });
  }
}

/** Reason of an abort that is not a cancel: the orchestrator itself stops. */
export const STOPPED = new Error('the orchestrator stops');

const LOST =
  'another orchestrator has taken the run over, because this one was silent for long: it stops here';

/** A failure as the log keeps it: what was thrown on purpose in its own words, anything else without its detail. */
function describe(error: unknown): { failure: string; reason: string } {
  const typed = storageTrouble('the orchestration service', error) ?? error;
  if (typed instanceof SipfError) return { failure: typed.message, reason: typed.reason };
  return { failure: 'an unexpected error; the log of the orchestrator has the detail', reason: 'INTERNAL' };
}
