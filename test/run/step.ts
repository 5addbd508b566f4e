import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A named command of the checks; it passes when it exits with 0. */
export interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
}

/** Runs steps that touch nothing of each other, as many at a time as there are processors; how each went, in their order. */
export async function runSteps(steps: readonly Step[]): Promise<readonly boolean[]> {
  const results: boolean[] = [];
  const waiting = steps.entries();
  const lane = async (): Promise<void> => {
    for (const [index, step] of waiting) results[index] = await runStep(step);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return results;
}

/** Runs a step, shows its output only when it failed, and says how it went. */
async function runStep({ name, command, args, cwd }: Step): Promise<boolean> {
  const started = performance.now();
  const child = spawn(command, args, {
    cwd: cwd ?? root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NX_DAEMON: 'false', NO_COLOR: '1' },
  });
  const ended = new Promise<Error | number | null>((resolve) => {
    child.on('error', resolve).on('close', resolve);
  });
  const [end, ...output] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${end === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
  if (end !== 0) process.stdout.write(`${output.join('')}${end instanceof Error ? end.message : ''}\n`);
  return end === 0;
}
