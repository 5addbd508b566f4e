import { orchestration, parseRunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { outputsOf } from '../../end-to-end/run-processes.ts';
import type { ChaosSystem } from './chaos-system.ts';

const { RunState } = orchestration;
const POLL_MS = 100;
/** One question to an orchestrator that may be dying, stopped or starting. */
const ASK_MS = 10_000;

/** The run that all scenarios make, as JSON. */
export const configJson = readConfig('chaos-run.yaml');

/** A run's configuration, a file of this folder's parent, as JSON. */
export function readConfig(name: string): string {
  return JSON.stringify(parseRunConfig(parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'))));
}

/** Starts a run, again and again until the orchestrator has it. */
export async function beginRun(
  { client }: Pick<ChaosSystem, 'client'>,
  runId: string,
  signal: AbortSignal,
  config = configJson,
): Promise<void> {
  await untilAnswered(signal, async () => {
    try {
      await client.startRun({ runId, configJson: config }, { deadlineMs: ASK_MS, signal });
    } catch (error) {
      // Taken by an attempt of ours whose answer was lost.
      if (!(error instanceof SipfError && ['RUN_EXISTS', 'RUN_IN_USE'].includes(error.reason))) throw error;
    }
  });
}

/** The run as it stands, once the orchestrator answers. */
export async function lookAtRun(
  { client }: ChaosSystem,
  runId: string,
  signal: AbortSignal,
): Promise<orchestration.Run> {
  return await untilAnswered(signal, async () => {
    const { run } = await client.getRun({ runId }, { deadlineMs: ASK_MS, signal });
    if (run === undefined) throw new Error('an answer without a run');
    return run;
  });
}

/**
 * Waits for the run's end; an orchestrator that dies takes it up again by itself.
 * @param isResumed whether somebody resumes the run when it was cancelled, so that this is not the end
 */
export async function runToEnd(
  system: ChaosSystem,
  runId: string,
  signal: AbortSignal,
  isResumed = false,
): Promise<orchestration.Run> {
  const passing: orchestration.RunState[] = [RunState.RUNNING, RunState.INTERRUPTED];
  if (isResumed) passing.push(RunState.CANCELLED);
  for (;;) {
    const run = await lookAtRun(system, runId, signal);
    if (!passing.includes(run.state)) return run;
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function untilAnswered<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SipfError && isPassing(error))) throw error;
      await sleep(POLL_MS, undefined, { signal });
    }
  }
}

function isPassing({ kind }: SipfError): boolean {
  return ['unavailable', 'deadline-exceeded', 'resource-exhausted', 'cancelled'].includes(kind);
}

/** What is wrong with a run that should equal another one; empty where nothing is. */
export async function differencesOf(
  system: ChaosSystem,
  runId: string,
  expected: ReturnType<typeof outputsOf>,
): Promise<string[]> {
  const found = outputsOf(join(system.runs, runId));
  const stages = new Set([...Object.keys(expected), ...Object.keys(found)]);
  const differing = [...stages].filter(
    (stage) => JSON.stringify(sorted(found[stage])) !== JSON.stringify(sorted(expected[stage])),
  );
  const faults: string[] = [];
  for await (const { subject, fault } of system.client.verifyRun({ runId }, { deadlineMs: 120_000 }))
    if (fault !== '') faults.push(`${subject}: ${fault}`);
  return [...differing.map((stage) => `${stage} left something else`), ...faults];
}

function sorted(outputs: Readonly<Record<string, string>> = {}): [string, string][] {
  return Object.entries(outputs).sort();
}
