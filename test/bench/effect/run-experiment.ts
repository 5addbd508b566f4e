import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../apps/sipf/src/main.ts', import.meta.url));
const configs = fileURLToPath(new URL('../../../apps/sipf/configs/', import.meta.url));

/** An experiment on a bundled task; one of the same id goes on where it was stopped. */
export interface Experiment {
  readonly id: string;
  readonly task: string;
  /** As `sipf experiment` takes them. @default those of the task's configuration, as the methods are */
  readonly seeds: string | undefined;
  /** Folder of run folders. */
  readonly runs: string;
}

/** Runs `sipf experiment` to its end; its progress goes to standard error. @throws Error when it fails or is stopped */
export async function runExperiment({ id, task, seeds, runs }: Experiment): Promise<void> {
  const flags = ['--config', `${configs}${task}.yaml`, '--runs', runs, '--id', id];
  if (seeds !== undefined) flags.push('--seeds', seeds);
  const child = spawn(process.execPath, [program, 'experiment', ...flags], { stdio: ['ignore', 2, 2] });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`sipf experiment ended with ${signal ?? `status ${code ?? ''}`}`);
}
