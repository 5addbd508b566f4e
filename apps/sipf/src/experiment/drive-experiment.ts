import { orchestration } from '@sipf/contracts';
import { readRun, runLayout, type RunRecord } from '@sipf/runs';
import { createClient } from '@sipf/service';
import { mkdir, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { startRun } from '../commands/start-run.ts';
import { followToEnd } from '../drive/follow-to-end.ts';
import { partsOf, servicesOf } from '../embedded/services-of.ts';
import { startEmbedded, type EmbeddedSettings } from '../embedded/start-embedded.ts';
import type { OrchestrationClient } from '../follow/follow-run.ts';
import type { Reporter } from '../progress/reporter.ts';
import { holdServices } from '../runs/hold-services.ts';
import type { Terminal } from '../terminal.ts';
import { driveInTurn } from './drive-in-turn.ts';
import type { PlannedRun } from './plan-experiment.ts';

/** How the runs of an experiment are driven. */
export interface DriveExperimentOptions {
  /** Of the services of all runs; what else they are started with follows from each run's configuration. */
  readonly settings: Omit<EmbeddedSettings, keyof RunGroup['services']>;
  readonly terminal: Terminal;
  readonly createReporter: () => Reporter;
  /** Called for every run that is begun or resumed. */
  readonly onRun: (run: PlannedRun, number: number) => void;
}

/**
 * Drives the runs one after another, from wherever an earlier attempt left them, over one set of services for all that need the
 * same; a run that fails does not stop the others.
 * @returns how each run ended, in order; fewer than there are where the experiment was cancelled
 * @throws SipfError `unavailable` when a service stays away; AbortError
 */
export async function driveExperiment(
  runs: readonly PlannedRun[],
  options: DriveExperimentOptions,
): Promise<orchestration.RunState[]> {
  const { settings, terminal } = options;
  const known = await Promise.all(runs.map(({ run }) => recordOf(settings.runs, run)));
  const states: orchestration.RunState[] = [];
  for (const group of runsByServices(runs)) {
    const records = group.runs.map(({ index }) => known[index]);
    states.push(...(await driveGroup(group, records, options)));
    if (states.includes(orchestration.RunState.CANCELLED) || terminal.signal.aborted) break;
  }
  return states;
}

interface RunGroup {
  readonly services: ReturnType<typeof servicesOf> & Pick<EmbeddedSettings, 'parts'>;
  readonly runs: readonly { readonly run: PlannedRun; readonly index: number }[];
}

/** Runs that need the same services, in the order of the first of each. */
function runsByServices(runs: readonly PlannedRun[]): RunGroup[] {
  const indexed = runs.map((run, index) => ({ run, index }));
  const groups = Map.groupBy(indexed, ({ run }) => JSON.stringify(servicesOf(run.config)));
  return [...groups.values()].map((group) => {
    const configs = group.map(({ run }) => run.config);
    return { services: { ...servicesOf(configs[0]), parts: partsOf(configs) }, runs: group };
  });
}

async function driveGroup(
  { services: needed, runs: indexed }: RunGroup,
  known: readonly (RunRecord | undefined)[],
  options: DriveExperimentOptions,
): Promise<orchestration.RunState[]> {
  const { terminal } = options;
  const settings = { ...options.settings, ...needed };
  if (known.every(hasSucceeded)) return known.map(() => orchestration.RunState.SUCCEEDED);
  const reporter = options.createReporter();
  const note = (text: string): void => {
    reporter.note(text);
  };
  await using held = await holdServices(settings, { terminal, note });
  await using services = await startEmbedded(settings, { ...terminal, note });
  reporter.close();
  using client = createClient(orchestration.OrchestrationServiceDefinition, services.orchestration);
  const failed = Promise.race([services.failed, held.lost]);
  const runs = indexed.map(({ run }) => run);
  return await driveInTurn(runs, {
    signal: terminal.signal,
    isDone: (_run, index) => hasSucceeded(known[index]),
    drive: async (run, index) => {
      const record = known[index];
      options.onRun(run, (indexed[index]?.index ?? 0) + 1);
      await begin(client, run, { record, settings });
      const follow = { reporter: options.createReporter(), terminal, failed, fromEntry: record?.entries };
      return (await followToEnd(client, { runId: run.run, ...follow })).state;
    },
  });
}

function hasSucceeded(record: RunRecord | undefined): boolean {
  return record?.standing === 'succeeded';
}

async function recordOf(runs: string, id: string): Promise<RunRecord | undefined> {
  return await readRun(runs, id).catch(() => undefined);
}

/** Starts or resumes a run; its artifacts are the experiment's. */
async function begin(
  client: OrchestrationClient,
  { run, config }: PlannedRun,
  {
    record,
    settings,
  }: { readonly record: RunRecord | undefined; readonly settings: Pick<EmbeddedSettings, 'runs' | 'runId'> },
): Promise<void> {
  if (record !== undefined) {
    await client.resumeRun({ runId: run });
    return;
  }
  await linkArtifacts(settings, run);
  await startRun(client, { config, wanted: run, base: run });
}

async function linkArtifacts(
  { runs, runId }: Pick<EmbeddedSettings, 'runs' | 'runId'>,
  run: string,
): Promise<void> {
  const { folder, artifacts } = runLayout(runs, run);
  await mkdir(folder, { recursive: true });
  const target = relative(folder, join(runLayout(runs, runId).artifacts));
  await symlink(target, artifacts).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
}
