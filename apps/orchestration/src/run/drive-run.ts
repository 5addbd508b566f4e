import type { ArtifactStore } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { traced, withRequestContext, type Logger } from '@sipf/service';
import { taskNamed } from '@sipf/tasks';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openAppendOnlyFile } from '../log/append-only-file.ts';
import { openMetricsFile, type MetricsFile } from '../log/metrics-file.ts';
import type { StageResult } from '../log/run-log.ts';
import type { Services } from '../services/services.ts';
import type { StageContext } from '../stages/stage-context.ts';
import { runners } from '../stages/runners.ts';
import type { ActiveRun } from './active-run.ts';
import type { RunMetrics } from './run-metrics.ts';
import { drive } from './drive.ts';
import { planRun, type Stage } from '@sipf/planning';

/** What driving a run needs of its surroundings. */
export interface DriveRunOptions {
  readonly folder: string;
  readonly artifacts: ArtifactStore;
  readonly services: Services;
  readonly logger: Logger;
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

interface StageOptions extends DriveRunOptions {
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
    const result = await traced(span, () =>
      timer.timeStage(stage.kind, () => runners[stage.kind](contextOf(options))),
    );
    await run.append({ kind: 'stage-completed', stage: stage.id, result });
    logger.info({ stage: stage.id, counts: result.counts, figures: result.figures }, 'stage completed');
    return result;
  });
}

function contextOf({
  run,
  stage,
  results,
  metrics,
  signal,
  folder,
  artifacts,
  services,
}: StageOptions): StageContext {
  const { config, runId } = run.state;
  const stagesFolder = join(folder, 'stages');
  return {
    runId,
    config,
    stage,
    task: taskNamed(config.task.name),
    artifacts,
    services,
    signal,
    folder,
    result: (id) => {
      const result = results.get(id);
      if (result === undefined) throw new RangeError(`stage ${stage.id} comes before ${id}`);
      return result;
    },
    results,
    openJournal: async () => {
      await mkdir(stagesFolder, { recursive: true });
      return await openAppendOnlyFile(join(stagesFolder, `${stage.id}.jsonl`));
    },
    progress: (done, total, figures = {}) => {
      run.report({ stage: stage.id, iteration: stage.iteration, done, total, figures });
    },
    recordMetrics: (step, values) => {
      metrics.record(stage.id, step, values);
    },
  };
}

/** A failure as the log keeps it: what was thrown on purpose in its own words, anything else without its detail. */
function describe(error: unknown): { failure: string; reason: string } {
  if (error instanceof SipfError) return { failure: error.message, reason: error.reason };
  return { failure: 'an unexpected error; the log of the orchestrator has the detail', reason: 'INTERNAL' };
}
