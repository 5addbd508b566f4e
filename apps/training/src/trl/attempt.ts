import { SipfError } from '@sipf/errors';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchTrainer, type Launch, type RunningTrainer, type TrainerEnd } from './launch.ts';
import { ProgressFile, type Progress } from './progress.ts';

/** Time between two looks at what a trainer tells. */
const LOOK_MS = 100;
/** A trainer that is told to end has so long. */
const GRACE_MS = 10_000;

/** How an attempt ended. */
export interface AttemptEnd extends TrainerEnd {
  /** Whether the trainer said that its result is there. */
  readonly isFinished: boolean;
}

/** One life of a trainer. */
export interface Attempt {
  /** What the trainer tells, until it has ended. @throws SipfError of what it says itself; the signal's reason */
  events(): AsyncGenerator<Progress>;
  /** Resolves after the last event. */
  readonly end: Promise<AttemptEnd>;
}

/** An attempt, which begins when its events are asked for. @param progressFile what the trainer will write */
export function createAttempt(
  launch: Launch,
  { progressFile, signal }: { readonly progressFile: string; readonly signal: AbortSignal },
): Attempt {
  const { promise: end, resolve } = Promise.withResolvers<AttemptEnd>();
  return {
    end,
    events: async function* () {
      // A new attempt tells the steps of its checkpoint again.
      await rm(progressFile, { force: true });
      signal.throwIfAborted();
      const trainer = await started(launch);
      const progress = new ProgressFile(progressFile);
      let isFinished = false;
      try {
        for await (const event of newsUntilEnd(progress, trainer, signal)) {
          if (event.event === 'failed') throw failed(event);
          yield event;
          isFinished = event.event === 'finished';
          if (isFinished) break;
        }
        // What is done need not be ended by force, but is not waited for for ever.
        if (isFinished) await Promise.race([trainer.ended, sleep(GRACE_MS, undefined, { signal })]);
      } finally {
        await trainer.stop(GRACE_MS);
        await progress.close();
      }
      resolve({ ...(await trainer.ended), isFinished });
    },
  };
}

async function* newsUntilEnd(
  progress: ProgressFile,
  { ended }: RunningTrainer,
  signal: AbortSignal,
): AsyncGenerator<Progress> {
  const trainer = { isOver: false };
  void ended.then(() => {
    trainer.isOver = true;
  });
  for (;;) {
    // Looked at once more after the end: what was told last is there then.
    const { isOver } = trainer;
    yield* await progress.news();
    if (isOver) return;
    await sleep(LOOK_MS, undefined, { signal });
  }
}

async function started(launch: Launch): Promise<RunningTrainer> {
  try {
    return await launchTrainer(launch);
  } catch (cause) {
    const message = 'the trainer of this service cannot be started; its log has the detail';
    throw new SipfError('failed-precondition', message, { reason: 'TRAINER_FAILED', cause });
  }
}

function failed({ message, reason }: Extract<Progress, { event: 'failed' }>): SipfError {
  return new SipfError('failed-precondition', message, { reason });
}
