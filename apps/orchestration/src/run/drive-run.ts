import type { ArtifactStore } from '@sipf/artifacts';
import { SipfError, storageTrouble } from '@sipf/errors';
import {
  lostStages,
  type MetricsFile,
  openMetricsFile,
  placesIn,
  planRun,
  type Program,
  type Stage,
  stageIdentity,
  type StageResult,
  type StepMetrics,
} from '@sipf/runs';
import { traced, withRequestContext, type Logger } from '@sipf/service';
import { isDeepStrictEqual } from 'node:util';
import type { Services } from '../services/services.ts';
import type { StageCache } from '../sharing/stage-cache.ts';
import { computeStage } from '../stages/runners.ts';
import { jobIdOf } from '../stages/train.ts';
import type { ActiveRun } from './active-run.ts';
import { createStageContext } from './create-stage-context.ts';
import type { RunMetrics } from './run-metrics.ts';
import { requireSomethingToLearn, warningsOf } from './something-to-learn.ts';
import { drive } from './drive.ts';
import { restoreCurves } from './restore-curves.ts';

/** What driving a run needs of its surroundings. */
export interface DriveRunOptions {
  readonly folder: string;
  readonly artifacts: ArtifactStore;
  readonly services: Services;
  readonly logger: Logger;
  /** Results that other runs may have left; every stage is computed where absent. */
  readonly cache?: StageCache | undefined;
  readonly timer: Pick<RunMetrics, 'timeStage'>;
  /** This program, for what it writes. */
  readonly program: Program;
}

/** Drives a run from where its log stands to its end, and logs the end. Never throws for what the run does. */
export async function driveRun(run: ActiveRun, options: DriveRunOptions): Promise<void> {
  const { signal } = run.controller;
  const { config, runId } = run.state;
  try {
    const metrics = await run.whenThereIsRoom(() => openMetricsFile(placesIn(options.folder).metrics));
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

/** A stage of a run with its surroundings. */
export interface StageOptions extends DriveRunOptions {
  readonly run: ActiveRun;
  readonly stage: Stage;
  readonly results: ReadonlyMap<string, StageResult>;
  readonly metrics: MetricsFile;
  readonly signal: AbortSignal;
}

async function runStage(options: StageOptions): Promise<StageResult> {
  const { run, stage, logger, timer, metrics } = options;
  const { runId } = run.state;
  return await withRequestContext({ runId, iteration: stage.iteration }, async () => {
    await run.append({ kind: 'stage-started', stage: stage.id });
    logger.info({ stage: stage.id }, 'stage started');
    const span = { name: `stage ${stage.kind}`, attributes: { 'sipf.stage': stage.id } };
    const onWait = (error: unknown): void => {
      logger.warn(
        { err: error, stage: stage.id },
        'a disk is full or read-only: the stage waits and goes on when it takes what is written',
      );
    };
    const attempt = () => run.whenThereIsRoom(() => resultOf(options), { signal: options.signal, onWait });
    const { result, reused } = await traced(span, () => timer.timeStage(stage.kind, attempt));
    requireSomethingToLearn(stage, result, run.state.config);
    assertAsBefore(run, stage, result);
    // What the log says is there must be there.
    await run.whenThereIsRoom(() => metrics.sync());
    const steps = metrics.lastStep(stage.id);
    const { counts, figures } = result;
    const warnings = warningsOf(stage, result);
    for (const warning of warnings) logger.warn({ stage: stage.id }, warning);
    await run.append({
      ...{ kind: 'stage-completed', stage: stage.id, result },
      ...(reused ? { reused } : {}),
      ...(steps > 0 ? { steps } : {}),
      ...(warnings.length > 0 ? { warnings } : {}),
    });
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
  const result = await computeStage(stage.kind, createStageContext(options, curve));
  if (identity !== undefined) await cache?.put(identity, { result, metrics: curve });
  return { result, reused: false };
}

/** Stages that are completed rest on what this one left before it was lost. @throws SipfError RESULT_DIFFERS */
function assertAsBefore({ entries, state }: ActiveRun, { id }: Stage, { outputs }: StageResult): void {
  const before = entries.findLast((entry) => entry.kind === 'stage-completed' && entry.stage === id);
  if (before?.kind !== 'stage-completed' || isDeepStrictEqual(before.result.outputs, outputs)) return;
  const dependent = planRun(state.config).filter(({ after }) => after.includes(id));
  const resting = dependent.map((stage) => stage.id).filter((stage) => state.completed.has(stage));
  if (resting.length === 0) return;
  const message =
    `stage ${id} was computed again, because what it left is lost, and came out otherwise; ${resting.join(', ')} rest on what is lost. ` +
    'Go on with the program and the machine that began the run, restore its artifacts from a copy, or start a new run';
  throw new SipfError('failed-precondition', message, { reason: 'RESULT_DIFFERS' });
}

/** A failure as the log keeps it: what was thrown on purpose in its own words, anything else without its detail. */
function describe(error: unknown): { failure: string; reason: string } {
  const typed = storageTrouble('the orchestration service', error) ?? error;
  if (typed instanceof SipfError) return { failure: typed.message, reason: typed.reason };
  return { failure: 'an unexpected error; the log of the orchestrator has the detail', reason: 'INTERNAL' };
}
