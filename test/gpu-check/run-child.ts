import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What a program wrote, one JSON value a line, and how it ended where that was not by itself and well. */
export interface ChildLines {
  readonly lines: readonly unknown[];
  readonly ended: string | undefined;
}

/** Runs a program of this folder, and kills it at the limit. @param starter a command that starts another */
export async function linesOf(
  program: string,
  args: readonly string[],
  { limitMs, starter = [] }: { readonly limitMs: number; readonly starter?: readonly string[] },
): Promise<ChildLines> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const [command = process.execPath, ...rest] = [...starter, process.execPath, path, ...args];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  const lines: unknown[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line)));
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (status === 0) return { lines, ended: undefined };
  const isLate = signal === 'SIGKILL';
  return {
    lines,
    ended: isLate ? `took longer than ${limitMs / 1000} s` : `ended with ${signal ?? String(status)}`,
  };
}
