import type { ArtifactStore } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { planRun, stageIdentity, type Stage } from '@sipf/planning';
import { traced, withRequestContext, type Logger } from '@sipf/service';
import { join } from 'node:path';
import { openMetricsFile, type MetricsFile } from '../log/metrics-file.ts';
import type { StageResult } from '../log/run-log.ts';
import type { Services } from '../services/services.ts';
import type { StageCache, StepMetrics } from '../sharing/stage-cache.ts';
import { runners } from '../stages/runners.ts';
import type { ActiveRun } from './active-run.ts';
import { createStageContext } from './create-stage-context.ts';
import type { RunMetrics } from './run-metrics.ts';
import { drive } from './drive.ts';

/** What driving a run needs of its surroundings. */
export interface DriveRunOptions {
  readonly folder: string;
  readonly artifacts: ArtifactStore;
  readonly services: Services;
  readonly logger: Logger;
  /** Results that other runs may have left; every stage is computed where absent. */
  readonly cache?: StageCache | undefined;
  readonly timer: Pick<RunMetrics, 'timeStage'>;
}

/** Drives a run from where its log stands to its end, and logs the end. Never throws for what the run does. */
export async function driveRun(run: ActiveRun, options: DriveRunOptions): Promise<void> {
  const { signal } = run.controller;
  const { config, completed, runId } = run.state;
  try {
    const metrics = openMetricsFile(join(options.folder, 'metrics.jsonl'));
    await withRequestContext({ runId }, () =>
      drive(planRun(config), {
        completed,
        concurrency: config.limits.concurrentStages,
        signal,
        run: (stage, results, stageSignal) =>
          runStage({ run, stage, results, metrics, signal: stageSignal, ...options }),
      }),
    );
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

/** Reason of an abort that is not a cancel: the orchestrator itself stops. */
export const STOPPED = new Error('the orchestrator stops');

/** A stage of a run with its surroundings. */
export interface StageOptions extends DriveRunOptions {
  readonly run: ActiveRun;
  readonly stage: Stage;
  readonly results: ReadonlyMap<string, StageResult>;
  readonly metrics: MetricsFile;
  readonly signal: AbortSignal;
}

async function runStage(options: StageOptions): Promise<StageResult> {
  const { run, stage, logger, timer } = options;
  const { runId } = run.state;
  return await withRequestContext({ runId, iteration: stage.iteration }, async () => {
    await run.append({ kind: 'stage-started', stage: stage.id });
    logger.info({ stage: stage.id }, 'stage started');
    const span = { name: `stage ${stage.kind}`, attributes: { 'sipf.stage': stage.id } };
    const onWait = (error: unknown): void => {
      logger.warn(
        { err: error, stage: stage.id },
        'no room is left on a disk: the stage waits and goes on when there is',
      );
    };
    const attempt = () => run.whenThereIsRoom(() => resultOf(options), { signal: options.signal, onWait });
    const { result, reused } = await traced(span, () => timer.timeStage(stage.kind, attempt));
    await run.append({ kind: 'stage-completed', stage: stage.id, result, ...(reused ? { reused } : {}) });
    const { counts, figures } = result;
    logger.info({ stage: stage.id, counts, figures, reused }, 'stage completed');
    return result;
  });
}

/** Another run's result where the same stage was computed before, with the curve of its training; else an own one. */
async function resultOf(
  options: StageOptions,
): Promise<{ readonly result: StageResult; readonly reused: boolean }> {
  const { run, stage, results, metrics, cache } = options;
  const identity = stageIdentity(stage, run.state.config, (id) => results.get(id)?.outputs);
  const known = identity && (await cache?.find(identity));
  if (known !== undefined) {
    for (const { step, values } of known.metrics) metrics.record(stage.id, step, values);
    return { result: known.result, reused: true };
  }
  const curve: StepMetrics[] = [];
  const result = await runners[stage.kind](createStageContext(options, curve));
  if (identity !== undefined) await cache?.put(identity, { result, metrics: curve });
  return { result, reused: false };
}

/** A failure as the log keeps it: what was thrown on purpose in its own words, anything else without its detail. */
function describe(error: unknown): { failure: string; reason: string } {
  if (error instanceof SipfError) return { failure: error.message, reason: error.reason };
  return { failure: 'an unexpected error; the log of the orchestrator has the detail', reason: 'INTERNAL' };
}
