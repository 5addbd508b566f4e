import { signalGroup } from '@sipf/service';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to start a trainer's processes. */
export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The end of a trainer. */
export interface TrainerEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last part of its standard output and error. */
  readonly lastWords: string;
}

/** A trainer's processes: a separate process group, which ends as one. */
export interface RunningTrainer {
  readonly ended: Promise<TrainerEnd>;
  /** Terminates the whole group, and kills it after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

const LAST_WORDS = 16_384;

/** Starts a trainer. It notices the end of this process by the end of its standard input. @throws Error for a missing program */
export async function launchTrainer({ program, args, env }: Launch): Promise<RunningTrainer> {
  const child = spawn(program, args, {
    detached: true,
    env: { ...env, SIPF_TRAINER_STDIN: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let lastWords = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-LAST_WORDS);
    });
  }
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').then(([status, signal]) => ({
    status: status as number | null,
    signal: signal as NodeJS.Signals | null,
    lastWords,
  }));
  // Awaiting the end reports later failures; a program that never started fails here.
  ended.catch(() => undefined);
  await once(child, 'spawn');
  return {
    ended,
    stop: async (graceMs) => {
      signalGroup(child, 'SIGTERM');
      const over = new AbortController();
      await Promise.race([ended, sleep(graceMs, undefined, { signal: over.signal }).catch(() => undefined)]);
      over.abort();
      // Other processes of the group may have outlived the first one.
      signalGroup(child, 'SIGKILL');
      await ended;
    },
  };
}
