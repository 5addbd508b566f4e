import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildPage } from './built-page.ts';
import { startProgram, type RunningProgram } from './start-program.ts';

/** The services that drive runs, and the dashboard, as separate processes. */
export interface RunServices extends AsyncDisposable {
  readonly orchestration: RunningProgram;
  readonly dashboard: RunningProgram;
}

/** Starts the services of a math task, their orchestrator over `<folder>/runs`, and the dashboard. */
export async function startRunServices(folder: string): Promise<RunServices> {
  buildPage();
  const artifacts = join(folder, 'store');
  mkdirSync(artifacts, { recursive: true });
  const common = ['--artifacts', artifacts, '--threads', '1'];
  const [generation, simulation, verification, training] = await Promise.all([
    startProgram('generation', [...common, '--workers', '1', '--max-models', '2']),
    startProgram('simulation', [...common, '--workers', '1']),
    startProgram('verification', common),
    startProgram('training', [...common, '--state', join(folder, 'training')]),
  ]);
  const workers = { generation, simulation, verification, training };
  const orchestration = await startProgram('orchestration', [
    ...['--runs', join(folder, 'runs'), '--artifacts', artifacts],
    ...Object.entries(workers).flatMap(([name, { address }]) => [`--${name}`, address]),
  ]);
  const dashboard = await startProgram('dashboard', ['--orchestration', orchestration.address]);
  return {
    orchestration,
    dashboard,
    [Symbol.asyncDispose]: async () => {
      for (const program of [dashboard, orchestration]) await program[Symbol.asyncDispose]();
      await Promise.all(Object.values(workers).map((program) => program[Symbol.asyncDispose]()));
    },
  };
}
