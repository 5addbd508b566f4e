import { throwIfAborted } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { frozenWeightMemory, packState, trainableLayout, type StateLayout } from '../step/index.ts';
import { loadCheckpoint, saveCheckpoint, trainingFingerprint, type TrainingState } from './checkpoint.ts';
import { requireTrainingMemory } from './require-memory.ts';
import { saveResult } from './save-result.ts';
import { openStartingModel, type StartingModel } from './starting-model.ts';
import type { StepMetrics, TrainingEvent, TrainingJob } from './training-job.ts';
import { planTraining, type TrainingPlan } from './training-plan.ts';
import { openUpdateRunner, type UpdateRunner } from './update-runner.ts';

/**
 * Runs a training on the calling thread, from its checkpoint where there is one, and gives every event; stops between
 * two updates when the signal fires.
 * @param now monotonic milliseconds, which decide when checkpoints are written and nothing else
 * @throws SipfError invalid-argument TRAINING_INVALID, DATASET_INVALID; already-exists FOLDER_EXISTS;
 *   failed-precondition CHECKPOINT_MISMATCH, TRAINING_DIVERGED, MEMORY_INSUFFICIENT; cancelled; as loadModelFolder and loadAdapterFolder
 */
export async function* runTraining(
  job: TrainingJob,
  signal: AbortSignal,
  now: () => number = performance.now.bind(performance),
): AsyncGenerator<TrainingEvent, void, undefined> {
  refuseExisting(job.outputFolder);
  const model = await openStartingModel(job);
  try {
    const plan = planTraining(job, model.config);
    const layout = trainableLayout(model.config, job.trainable);
    const fingerprint = trainingFingerprint(job, model.startDigest);
    const { quantisation = 'none', device = 'cpu' } = job;
    const frozen = frozenWeightMemory({ config: model.config, trainable: job.trainable, quantisation });
    const memory = requireTrainingMemory({ frozen, trainedElements: layout.size, device });
    const state = startingState(job, { model, layout, fingerprint });
    yield {
      kind: 'started',
      config: model.config,
      totalSteps: plan.totalSteps,
      stepsDone: state.history.length,
      trainableParameters: layout.size,
      frozenWeights: frozen,
      memory,
    };
    yield* runUpdates(job, { model, plan, state, fingerprint, now }, signal);
    const digest = await saveResult(job, model, { layout, flat: state.parameters });
    yield { kind: 'finished', steps: plan.totalSteps, outputFolder: job.outputFolder, digest };
  } finally {
    model.close();
  }
}

interface RunningTraining {
  readonly model: StartingModel;
  readonly plan: TrainingPlan;
  readonly state: TrainingState;
  readonly fingerprint: string;
  readonly now: () => number;
}

async function* runUpdates(
  job: TrainingJob,
  { model, plan, state, fingerprint, now }: RunningTraining,
  signal: AbortSignal,
): AsyncGenerator<TrainingEvent, void, undefined> {
  const { objective, trainable, checkpoint, quantisation = 'none' } = job;
  const { memory, sharedPrompts, causalBlocks } = plan;
  const runner = await openUpdateRunner(
    { model, objective, trainable, quantisation, memory, sharedPrompts, causalBlocks },
    job,
  );
  const save = async (): Promise<void> => {
    if (checkpoint !== undefined) await saveCheckpoint(checkpoint.file, state, fingerprint);
  };
  const isDue = checkpointClock(job, now);
  let isPlaced = false;
  try {
    // A reader that was interrupted too may not have kept what was reported before.
    for (const metrics of state.history) yield { kind: 'step', ...metrics };
    while (state.history.length < plan.totalSteps) {
      if (signal.aborted) await save();
      throwIfAborted(signal);
      const metrics = await update(runner, { plan, state, step: state.history.length });
      const { placement } = runner;
      if (placement !== undefined && !isPlaced) yield { kind: 'placed', placement };
      isPlaced = true;
      state.history.push(metrics);
      yield { kind: 'step', ...metrics };
      const { step } = metrics;
      if (step === plan.totalSteps || !isDue(step)) continue;
      await save();
      yield { kind: 'checkpoint', step };
    }
  } finally {
    await runner.close();
  }
}

/** Whether there is to be a checkpoint after a step, by the steps and the time since the one before. */
function checkpointClock({ checkpoint }: TrainingJob, now: () => number): (step: number) => boolean {
  if (checkpoint === undefined) return () => false;
  const { everySteps, everySeconds = Infinity } = checkpoint;
  let sinceMs = now();
  return (step) => {
    const isDue = step % everySteps === 0 || now() - sinceMs >= everySeconds * 1000;
    if (isDue) sinceMs = now();
    return isDue;
  };
}

async function update(
  runner: UpdateRunner,
  { plan, state, step }: { plan: TrainingPlan; state: TrainingState; step: number },
): Promise<StepMetrics> {
  const learningRate = plan.learningRate(step);
  const { values, tokens } = await runner.update(state, {
    step,
    learningRate,
    indices: plan.order.batch(step),
  });
  if (!Number.isFinite(values['loss']) || !Number.isFinite(values['grad_norm'])) {
    throw new SipfError('failed-precondition', `the loss or its gradient is not finite at step ${step + 1}`, {
      reason: 'TRAINING_DIVERGED',
    });
  }
  const epoch = (step + 1) / plan.order.batchesPerEpoch;
  return { step: step + 1, epoch, tokens, values: { ...values, learning_rate: learningRate } };
}

function startingState(
  job: TrainingJob,
  { model, layout, fingerprint }: { model: StartingModel; layout: StateLayout; fingerprint: string },
): TrainingState {
  const saved = job.checkpoint === undefined ? undefined : loadCheckpoint(job.checkpoint.file, fingerprint);
  if (saved !== undefined) return saved;
  return {
    history: [],
    parameters: packState(layout, model.read),
    firstMoment: new Float32Array(layout.size),
    secondMoment: new Float32Array(layout.size),
  };
}

function refuseExisting(folder: string): void {
  if (!existsSync(folder)) return;
  const message = `the output folder ${basename(resolve(folder))} exists already`;
  throw new SipfError('already-exists', message, { reason: 'FOLDER_EXISTS' });
}
