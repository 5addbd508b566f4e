import { SipfError, storageTrouble } from '@sipf/errors';
import { lostStages, openMetricsFile, layoutIn, planRun, type MetricsFile } from '@sipf/runs';
import { withRequestContext } from '@sipf/service';
import { jobIdOf } from '../stages/train.ts';
import type { ActiveRun } from './active-run.ts';
import { drive } from './drive.ts';
import { restoreCurves } from './restore-curves.ts';
import { runStage } from './run-stage.ts';
import type { DriveRunOptions } from './stage-options.ts';

/** Drives a run from where its log stands to its end, and logs the end. Never throws for what the run does. */
export async function driveRun(run: ActiveRun, options: DriveRunOptions): Promise<void> {
  const { signal } = run.controller;
  const { config, runId } = run.state;
  try {
    const metrics = await run.whenThereIsRoom(() => openMetricsFile(layoutIn(options.folder).metrics));
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
      if (signal.reason !== STOPPED) await run.append({ kind: 'run-cancelled' });
      return;
    }
    options.logger.error({ err: error, runId }, 'run failed');
    await run.append({ kind: 'run-failed', ...describe(error) });
  }
}

/** What earlier attempts left and what of it is still there: outputs that are lost are computed again, curves put back. */
async function takeStock(run: ActiveRun, metrics: MetricsFile, options: DriveRunOptions): Promise<void> {
  const { artifacts, services, logger } = options;
  const { signal } = run.controller;
  for await (const { stage, why } of lostStages(run.state, artifacts, signal)) {
    logger.warn({ stage, why }, 'what a stage left is lost: it is computed again');
    await run.append({ kind: 'stage-lost', stage, why });
  }
  const { runId } = run.state;
  const stepsOf = (stage: string) => services.trainedSteps(jobIdOf(runId, stage), signal);
  await run.whenThereIsRoom(() => restoreCurves(run.entries, { metrics, stepsOf, logger }));
}

/** Reason of an abort that is not a cancel: the orchestrator itself stops. */
export const STOPPED = new Error('the orchestrator stops');

/** A failure as the log keeps it: what was thrown on purpose in its own words, anything else without its detail. */
function describe(error: unknown): { failure: string; reason: string } {
  const typed = storageTrouble('the orchestration service', error) ?? error;
  if (typed instanceof SipfError) return { failure: typed.message, reason: typed.reason };
  return { failure: 'an unexpected error; the log of the orchestrator has the detail', reason: 'INTERNAL' };
}
