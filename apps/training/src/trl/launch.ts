import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a trainer's processes are started. */
export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How a trainer ended. */
export interface TrainerEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it wrote for people. */
  readonly lastWords: string;
}

/** A trainer's processes: a group of their own, which ends as one. */
export interface RunningTrainer {
  readonly ended: Promise<TrainerEnd>;
  /** Ends the whole group: politely, and after `graceMs` at once. */
  stop(graceMs: number): Promise<void>;
}

const LAST_WORDS = 16_384;

/** Starts a trainer. Its standard input ends when this process does, by which it knows. @throws Error where there is no such program */
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
  // Whoever waits for the end hears of it; a child that was never there is told here.
  ended.catch(() => undefined);
  await once(child, 'spawn');
  return {
    ended,
    stop: async (graceMs) => {
      signalGroup(child, 'SIGTERM');
      const over = new AbortController();
      await Promise.race([ended, sleep(graceMs, undefined, { signal: over.signal }).catch(() => undefined)]);
      over.abort();
      // A process of the group may have outlived the first one.
      signalGroup(child, 'SIGKILL');
      await ended;
    },
  };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
