import type { ArtifactStore } from '@sipf/artifacts';
import { browse, orchestration } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { createClient, waitForReady } from '@sipf/service';
import { startRun } from '../commands/start-run.ts';
import { READY_MS } from '../drive/drive-remote.ts';
import { followToEnd } from '../drive/follow-to-end.ts';
import type { OrchestrationClient } from '../follow/follow-run.ts';
import type { RemoteServer } from '../options/server-options.ts';
import { copyRun } from './copy-run.ts';
import type { DriveExperimentOptions } from './drive-experiment.ts';
import { driveInTurn } from './drive-in-turn.ts';
import type { PlannedRun } from './plan-experiment.ts';

/** Where the runs of an experiment are driven, and where what they came to goes. */
export interface DriveRemotelyOptions extends Omit<DriveExperimentOptions, 'settings'> {
  readonly server: RemoteServer;
  /** The artifact store of that server. */
  readonly store: ArtifactStore;
  /** Folder of the runs here. */
  readonly runs: string;
}

const { RUNNING, SUCCEEDED } = orchestration.RunState;
const NEVER = new Promise<never>(() => undefined);

/**
 * Drives the runs one after another at an orchestrator that runs already, from wherever an earlier attempt left them there;
 * of each that succeeded the log, the curves and the results are copied here.
 * @returns as `driveInTurn`
 * @throws SipfError `unavailable` when the orchestrator stays away; as `copyRun`; AbortError
 */
export async function driveExperimentRemotely(
  runs: readonly PlannedRun[],
  { server: { address, security }, store, runs: folder, terminal, ...options }: DriveRemotelyOptions,
): Promise<orchestration.RunState[]> {
  const { signal } = terminal;
  await waitForReady(address, { signal, deadlineMs: READY_MS, ...security });
  using client = createClient(orchestration.OrchestrationServiceDefinition, address, security);
  const known = await Promise.all(runs.map(({ run }) => stateOf(client, run)));
  const states = await driveInTurn(runs, {
    signal,
    isDone: (_run, index) => known[index] === SUCCEEDED,
    drive: async (run, index) => {
      options.onRun(run, index + 1);
      await begin(client, run, known[index]);
      const follow = { reporter: options.createReporter(), terminal, failed: NEVER };
      return (await followToEnd(client, { runId: run.run, ...follow })).state;
    },
  });
  using curves = createClient(browse.BrowseServiceDefinition, address, security);
  const copy = { browse: curves, store, runs: folder, signal };
  for (const [index, { run }] of runs.entries()) {
    if (states[index] === SUCCEEDED) await copyRun(client, run, copy);
  }
  return states;
}

/** Undefined for a run that the orchestrator does not know. */
async function stateOf(
  client: OrchestrationClient,
  runId: string,
): Promise<orchestration.RunState | undefined> {
  try {
    return (await client.getRun({ runId }, { idempotent: true })).run?.state;
  } catch (error) {
    if (error instanceof SipfError && error.reason === 'RUN_NOT_FOUND') return undefined;
    throw error;
  }
}

async function begin(
  client: OrchestrationClient,
  { run, config }: PlannedRun,
  known: orchestration.RunState | undefined,
): Promise<void> {
  if (known === undefined) await startRun(client, { config, wanted: run, base: run });
  else if (known !== RUNNING) await client.resumeRun({ runId: run });
}
