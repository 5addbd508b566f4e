import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A program for `--backend-hook`, and what it was called with. */
export interface HookProgram {
  readonly path: string;
  /** The arguments of each call, in order. */
  calls(): readonly (readonly string[])[];
  /** Of the processes that its calls were. */
  pids(): readonly number[];
}

/** What every program does first: it notes its call. */
const NOTE = `import { appendFileSync } from 'node:fs';
const [folder, digest] = process.argv.slice(2);
appendFileSync(new URL('calls.jsonl', import.meta.url), JSON.stringify([process.pid, ...process.argv.slice(2)]) + '\\n');
`;

/** Writes one into a folder of its own. @param body JavaScript that knows `folder` and `digest`; may await */
export function writeHook(folder: string, body: string): HookProgram {
  const path = join(folder, 'hook.mjs');
  writeFileSync(path, `#!${process.execPath}\n${NOTE}${body}\n`);
  chmodSync(path, 0o755);
  const file = join(folder, 'calls.jsonl');
  const noted = (): [number, ...string[]][] =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as [number, ...string[]])
      : [];
  return {
    path,
    calls: () => noted().map(([, ...args]) => args),
    pids: () => noted().map(([pid]) => pid),
  };
}

/** JavaScript for {@link writeHook}: has a scripted server serve what is asked for. */
export function serveAt(origin: string): string {
  return `await fetch('${origin}/serve', { method: 'POST', body: JSON.stringify({ name: digest }) });`;
}
