import { orchestration } from '@sipf/contracts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outputsOf } from '../../end-to-end/run-processes.ts';
import { startChaosSystem, type ChaosSystem, type SystemOptions } from '../system/chaos-system.ts';
import { beginRun, differencesOf, runToEnd } from '../system/drive-run.ts';

/** What every stage of a run left, by stage. */
export type RunOutputs = ReturnType<typeof outputsOf>;

/** Longest time of one disturbed run. */
const RUN_MS = 600_000;

/** What happens while a run is under way. */
export interface Disturbance {
  readonly options?: Omit<SystemOptions, 'folder'> | ((folder: string) => Omit<SystemOptions, 'folder'>);
  /** The run's configuration, as JSON. @default that of `chaos-run.yaml` */
  readonly config?: string;
  /** Before the run is started. */
  readonly before?: (system: ChaosSystem, signal: AbortSignal) => Promise<void>;
  /** Beside the run; its signal aborts when the run has ended, and what it throws ends the run. */
  readonly during?: (system: ChaosSystem, signal: AbortSignal) => Promise<void>;
  /** Whether `during` cancels the run and resumes it. @default false */
  readonly isResumed?: boolean;
  /** What else must hold once the run has ended. @returns what does not */
  readonly after?: (system: ChaosSystem) => Promise<readonly string[]> | readonly string[];
}

/**
 * Makes the run on a system of its own while it is disturbed.
 * @param given folder for the system's files. @default one of its own, removed unless something is wrong
 * @returns what is wrong with it; empty where nothing is
 */
export async function disturbedRun(
  reference: RunOutputs,
  { options = {}, ...disturbance }: Disturbance,
  given?: string,
): Promise<string[]> {
  const folder = given ?? mkdtempSync(join(tmpdir(), 'sipf-chaos-'));
  const made = typeof options === 'function' ? options(folder) : options;
  let isKept = true;
  try {
    await using system = await startChaosSystem({ folder, ...made });
    const faults = await driveDisturbed(system, reference, disturbance);
    isKept = faults.length > 0;
    return isKept ? [...faults, `its files: ${folder}`] : [];
  } catch (error) {
    return [String(causeOf(error)), `its files: ${folder}`];
  } finally {
    if (!isKept && given === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** What ended a wait, where its signal did. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.name === 'AbortError' ? (error.cause ?? error) : error;
}

async function driveDisturbed(
  system: ChaosSystem,
  reference: RunOutputs,
  { config, before, during, after, isResumed }: Omit<Disturbance, 'options'>,
): Promise<string[]> {
  const late = AbortSignal.timeout(RUN_MS);
  await before?.(system, late);
  const ended = new AbortController();
  const failed = new AbortController();
  const signal = AbortSignal.any([late, failed.signal]);
  await beginRun(system, 'disturbed', signal, config);
  const disturbing = Promise.resolve(during?.(system, AbortSignal.any([late, ended.signal]))).catch(
    (error: unknown) => {
      if (!ended.signal.aborted) failed.abort(error);
    },
  );
  const run = await runToEnd(system, 'disturbed', signal, isResumed);
  ended.abort();
  await disturbing;
  if (run.state !== orchestration.RunState.SUCCEEDED)
    return [`the run ended in state ${run.state}: ${run.failure}`];
  return [...(await differencesOf(system, 'disturbed', reference)), ...((await after?.(system)) ?? [])];
}

/** A run that nothing disturbs. */
export interface UndisturbedRun {
  readonly outputs: RunOutputs;
  /** From its start to its end, in milliseconds. */
  readonly lastsMs: number;
}

/** Makes one, on a system of its own. @param config as of {@link Disturbance} */
export async function undisturbedRun(config?: string): Promise<UndisturbedRun> {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-chaos-'));
  try {
    await using system = await startChaosSystem({ folder });
    const signal = AbortSignal.timeout(RUN_MS);
    const began = performance.now();
    await beginRun(system, 'calm', signal, config);
    const run = await runToEnd(system, 'calm', signal);
    if (run.state !== orchestration.RunState.SUCCEEDED)
      throw new Error(`the undisturbed run failed: ${run.failure}`);
    return { outputs: outputsOf(join(system.runs, 'calm')), lastsMs: performance.now() - began };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
