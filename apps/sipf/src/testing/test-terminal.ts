import { PassThrough, Readable } from 'node:stream';
import type { Terminal } from '../terminal.ts';

/** A terminal whose streams a test reads. */
export interface TestTerminal extends Terminal {
  /** Everything on standard output so far. */
  readonly output: () => string;
  /** Everything on the screen so far. */
  readonly shown: () => string;
  readonly cancel: () => void;
}

/** @param options what differs from an empty standard input in the current folder */
export function testTerminal(
  options: Partial<Pick<Terminal, 'cwd' | 'env' | 'now'>> & {
    readonly input?: string;
    readonly isTerminal?: boolean;
  } = {},
): TestTerminal {
  const { input = '', isTerminal = false, cwd = process.cwd(), env = process.env, now = Date.now } = options;
  const [out, screen]: [string[], string[]] = [[], []];
  const cancelled = new AbortController();
  const stdout = new PassThrough().setEncoding('utf8').on('data', (text: string) => out.push(text));
  return {
    stdin: Readable.from([Buffer.from(input)]),
    stdout,
    screen: { write: (text) => screen.push(text), isTerminal, columns: 80 },
    signal: cancelled.signal,
    kill: new AbortController().signal,
    env,
    cwd,
    now,
    output: () => out.join(''),
    shown: () => screen.join(''),
    cancel: () => {
      cancelled.abort();
    },
  };
}
