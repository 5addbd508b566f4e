import type { Readable, Writable } from 'node:stream';
import { createInterrupts } from './interrupts.ts';

/** Where text goes, and what that stream can do. */
export interface Screen {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Characters in a line. */
  readonly columns: number;
}

/** What a command sees of the world around the process. */
export interface Terminal {
  readonly stdin: Readable;
  /** Results. */
  readonly stdout: Writable;
  /** Progress, notes and errors. */
  readonly screen: Screen;
  /** Aborts at the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Aborts at the second: nothing is waited for any more. */
  readonly kill: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const DEFAULT_COLUMNS = 100;

/** The terminal of this process; installs the handlers of its signals. */
export function processTerminal(): Terminal {
  const { cancelled, hear, killed } = createInterrupts(Date.now);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, hear);
  // A reader that went away (`| head`) ends the command quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  // Without a reader of errors, there is nobody left to report to.
  process.stderr.on('error', () => undefined);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    screen: {
      write: (text) => process.stderr.write(text),
      isTerminal: process.stderr.isTTY,
      get columns() {
        return process.stderr.columns || DEFAULT_COLUMNS;
      },
    },
    signal: cancelled,
    kill: killed,
    env: process.env,
    cwd: process.cwd(),
    now: Date.now,
  };
}
