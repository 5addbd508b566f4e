import { SipfError } from '@sipf/errors';
import {
  planRun,
  stageIdentity,
  type Stage,
  type StageResult,
  type StepMetrics,
  type EngineFacts,
} from '@sipf/runs';
import { traced, withRequestContext } from '@sipf/service';
import { isDeepStrictEqual } from 'node:util';
import { computeStage } from '../stages/runners.ts';
import type { ActiveRun } from './active-run.ts';
import { createStageContext } from './create-stage-context.ts';
import { engineAtWork } from './engine-at-work.ts';
import { requireSomethingToLearn, warningsOf } from './something-to-learn.ts';
import type { StageOptions } from './stage-options.ts';

/**
 * Runs a stage and logs its start and its result, which is durable when it resolves.
 * @throws SipfError NOTHING_TO_LEARN, RESULT_DIFFERS
 */
export async function runStage(options: StageOptions): Promise<StageResult> {
  const { run, stage, logger, timer, metrics } = options;
  const { runId } = run.state;
  return await withRequestContext({ runId, iteration: stage.iteration }, async () => {
    await run.append({ kind: 'stage-started', stage: stage.id });
    logger.info({ stage: stage.id }, 'stage started');
    const span = { name: `stage ${stage.kind}`, attributes: { 'sipf.stage': stage.id } };
    const onWait = (error: unknown): void => {
      logger.warn(
        { err: error, stage: stage.id },
        'a disk is full or read-only: the stage waits and continues when it takes what is written',
      );
    };
    const attempt = () => run.whenThereIsRoom(() => resultOf(options), { signal: options.signal, onWait });
    const { result, reused, engine } = await traced(span, () => timer.timeStage(stage.kind, attempt));
    requireSomethingToLearn(stage, result, run.state.config);
    assertAsBefore(run, stage, result);
    // What the log says is there must be there.
    await run.whenThereIsRoom(() => metrics.sync());
    const steps = metrics.lastStep(stage.id);
    const { counts, figures } = result;
    const warnings = warningsOf(stage, result);
    for (const warning of warnings) logger.warn({ stage: stage.id }, warning);
    // In the schema's order, so that whoever copies the log writes the same lines.
    await run.append({
      ...{ kind: 'stage-completed', stage: stage.id, result },
      ...(reused ? { reused } : {}),
      ...(steps > 0 ? { steps } : {}),
      ...(engine === undefined ? {} : { engine }),
      ...(warnings.length > 0 ? { warnings } : {}),
    });
    logger.info({ stage: stage.id, counts, figures, reused }, 'stage completed');
    return result;
  });
}

/** What a stage left, whether another run computed it, and what computes such stages. */
interface Computed {
  readonly result: StageResult;
  readonly reused: boolean;
  readonly engine: EngineFacts | undefined;
}

/** Another run's result where the same stage was computed before, with the curve of its training; else an own one. */
async function resultOf(options: StageOptions): Promise<Computed> {
  const { run, stage, results, metrics, cache, services, signal } = options;
  const { config } = run.state;
  const atWork = () => engineAtWork(stage, { config, services, signal });
  const identityWith = (facts: EngineFacts | undefined) =>
    stageIdentity(stage, config, (id) => results.get(id)?.outputs, facts);
  const engine = await atWork();
  const identity = identityWith(engine);
  const known = identity && (await cache?.find(identity));
  if (known !== undefined) {
    for (const { step, values } of known.metrics) metrics.record(stage.id, step, values);
    return { result: known.result, reused: true, engine };
  }
  const curve: StepMetrics[] = [];
  const result = await computeStage(stage.kind, createStageContext(options, curve));
  // Servers that are started with the model of a stage can say only then what they are.
  const used = engine?.version === '' ? await atWork() : engine;
  const made = identityWith(used);
  await run.lease.check();
  if (made !== undefined) await cache?.put(made, { result, metrics: curve });
  return { result, reused: false, engine: used };
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
    'Resume with the program and the machine that began the run, restore its artifacts from a copy, or start a new run';
  throw new SipfError('failed-precondition', message, { reason: 'RESULT_DIFFERS' });
}
