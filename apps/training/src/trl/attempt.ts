import { SipfError } from '@sipf/errors';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchTrainer, type Launch, type RunningTrainer, type TrainerEnd } from './launch.ts';
import { ProgressFile, type Progress } from './progress.ts';

/** Time between two reads of a trainer's progress file. */
const LOOK_MS = 100;
/** Time that a trainer has to end before it is killed. */
const GRACE_MS = 10_000;

/** The end of an attempt. */
interface AttemptEnd extends TrainerEnd {
  /** Whether the trainer reported its result. */
  readonly isFinished: boolean;
}

/** One start of a trainer. */
export interface Attempt {
  /** The trainer's events, until it has ended. @throws SipfError that the trainer reports; the signal's reason */
  events(): AsyncGenerator<Progress>;
  /** Resolves after the last event. */
  readonly end: Promise<AttemptEnd>;
}

/** An attempt, which begins when its events are read. @param progressFile the file that the trainer will write */
export function createAttempt(
  launch: Launch,
  { progressFile, signal }: { readonly progressFile: string; readonly signal: AbortSignal },
): Attempt {
  const { promise: end, resolve } = Promise.withResolvers<AttemptEnd>();
  return {
    end,
    events: async function* () {
      // A new attempt reports the steps before its checkpoint again.
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
        // A finished trainer may end by itself, within a bounded time.
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
    // One more read after the end finds the last events.
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
