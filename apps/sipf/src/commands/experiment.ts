import { openArtifactStore, type ArtifactStore } from '@sipf/artifacts';
import { orchestration } from '@sipf/contracts';
import { experimentLayout } from '@sipf/runs';
import { Openings, preflight } from '@sipf/runs/preflight';
import { text } from '@sipf/service';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { readExperimentSection } from '../config/load-run-config.ts';
import { displayPath } from '../display-path.ts';
import { checkRunsThere } from '../drive/check-runs-there.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { describePlan, describeRun, planJson } from '../experiment/describe-plan.ts';
import { driveExperimentRemotely } from '../experiment/drive-experiment-remotely.ts';
import { driveExperiment, type DriveExperimentOptions } from '../experiment/drive-experiment.ts';
import { claimExperimentFile, toExperimentFile } from '../experiment/experiment-file.ts';
import { experimentSettings } from '../experiment/experiment-settings.ts';
import { planExperiment, type ExperimentPlan } from '../experiment/plan-experiment.ts';
import { writeExperimentResults } from '../experiment/write-results.ts';
import { clusterFlags, describesCluster, readCluster } from '../forecast/cluster-options.ts';
import { requireFeasible } from '../forecast/plan-dry-run.ts';
import { describeExperimentForecast, planExperimentDryRun } from '../forecast/plan-experiment-dry-run.ts';
import { defineCommand, type FlagsOf } from '../options/define-command.ts';
import { embeddedShape } from '../options/embedded-options.ts';
import { remoteServer, serverShape, type RemoteServer } from '../options/server-options.ts';
import { createReporter } from '../progress/create-reporter.ts';
import { DEFAULT_CONFIG } from '../repository.ts';
import { checkRunId } from '../runs/claim-run.ts';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage-error.ts';

const shape = {
  config: text('file').default(DEFAULT_CONFIG).describe('YAML of a run, perhaps with a section `experiment`'),
  methods: text('names')
    .optional()
    .describe('all, or recipes by name, e.g. sft,rft,sipf. Default: the section, or all'),
  seeds: text('numbers')
    .optional()
    .describe('e.g. 1,2,3. Default: the section, or the seed of the configuration'),
  vary: z.array(text('key=values')).default([]).describe('settings to try, e.g. alignment.lambda=0.01,0.1,1'),
  alternatives: z
    .array(text('key=value'))
    .default([])
    .describe('settings to try one at a time beside the configuration as it is, e.g. pairs.level=step'),
  set: z
    .array(text('key=value'))
    .default([])
    .describe('change a setting of every run; relative paths start here'),
  id: text('id').optional().describe('a-z, 0-9 and -; the same id resumes. Default: experiment-<task>'),
  dryRun: z
    .boolean()
    .default(false)
    .describe('print the runs and which of their stages are shared, and stop'),
  json: z.boolean().default(false).describe('events as JSON, one a line, on standard output'),
  artifacts: text('location')
    .optional()
    .describe("with --server: that server's artifact store, a folder, s3://… or nats://…"),
  ...clusterFlags,
  ...embeddedShape,
  ...serverShape('orchestration'),
} as const;
type Flags = FlagsOf<typeof shape>;

/** `sipf experiment`: several methods and seeds, what they have in common computed once. */
export const experimentCommand = defineCommand({
  name: 'experiment',
  description: 'run several methods, seeds and settings; what they have in common is computed once',
  shape,
  action: async ({ flags, terminal }) => {
    if ((flags.server === undefined) !== (flags.artifacts === undefined)) {
      throw usageError(
        "--server and --artifacts go together: results are read from that server's artifact store",
      );
    }
    if (describesCluster(flags) && !flags.dryRun)
      throw usageError('a cluster is described for --dry-run alone');
    const plan = await planOf(flags, terminal);
    if (!describesCluster(flags)) await checkRuns(plan, remoteServer(flags), terminal.signal);
    if (flags.dryRun) return await dryRun(plan, flags, terminal);
    return await run(plan, flags, terminal);
  },
});

async function dryRun(plan: ExperimentPlan, flags: Flags, { stdout, cwd }: Terminal): Promise<ExitCode> {
  const forecast = await planExperimentDryRun(plan, await readCluster(flags, cwd), {
    isAsked: flags.ask,
    isHere: !describesCluster(flags) && flags.server === undefined,
  });
  if (flags.json) stdout.write(`${JSON.stringify({ ...planJson(plan), forecast })}\n`);
  else stdout.write(describePlan(plan) + describeExperimentForecast(forecast));
  const { refusals, engineRefusals } = forecast;
  requireFeasible({ refusals: describesCluster(flags) ? refusals : engineRefusals });
  return EXIT.ok;
}

async function planOf(flags: Flags, { cwd }: Terminal): Promise<ExperimentPlan> {
  const source = {
    file: flags.config,
    overrides: flags.set,
    cwd,
    checkFiles: flags.server === undefined && !describesCluster(flags),
  };
  const settings = experimentSettings(await readExperimentSection(source), flags);
  if (flags.id !== undefined) checkRunId(flags.id);
  const plan = await planExperiment(flags.id, source, settings);
  if (plan.runs.length > 0) return plan;
  const whys = plan.leftOut.map(({ method, why }) => `${method}: ${why}`);
  throw usageError(`no method can be run with ${flags.config}: ${whys.join('; ')}`);
}

/**
 * Opens what the runs will open before any of them starts.
 * @throws SipfError as preflight, for the first run that cannot start
 */
async function checkRuns(
  { runs }: ExperimentPlan,
  server: RemoteServer | undefined,
  signal: AbortSignal,
): Promise<void> {
  const configs = runs.map(({ config }) => config);
  // What another machine will open is for it to say.
  if (server !== undefined) {
    await checkRunsThere(configs, server, signal);
    return;
  }
  const openings = new Openings();
  for (const config of configs) await preflight(config, { openings });
}

/** Says something as JSON, or in words. */
type Say = (line: Record<string, unknown>, text: string) => void;

async function run(plan: ExperimentPlan, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const { stdout, screen, cwd } = terminal;
  const runs = resolve(cwd, flags.runs);
  const { folder, experiment, artifacts } = experimentLayout(runs, plan.id);
  const say: Say = (line, text) => {
    if (flags.json) stdout.write(`${JSON.stringify(line)}\n`);
    else screen.write(`${text}\n`);
  };
  await mkdir(folder, { recursive: true });
  const file = toExperimentFile(plan);
  introduce(plan, await claimExperimentFile(experiment, file), say);
  const { store, close } = await openArtifactStore(locationIn(cwd, flags.artifacts ?? artifacts));
  try {
    const states = await drive(plan, { flags, terminal, runs, say, store });
    const results = await writeExperimentResults(runs, file, store);
    const end = `\nexperiment ${plan.id}: all of it is in ${displayPath(cwd, folder)}`;
    say({ type: 'end', ...results, folder }, end);
    return exitCodeOf(states, plan.runs.length);
  } finally {
    await close();
  }
}

/** A store's location with its path, where it is one, from this folder on. */
function locationIn(cwd: string, location: string): string {
  return location.includes('://') ? location : resolve(cwd, location);
}

function introduce({ id, runs, leftOut }: ExperimentPlan, isKnown: boolean, say: Say): void {
  const text = `experiment ${id}: ${runs.length} runs${isKnown ? ', resumed' : ''}`;
  say({ type: 'experiment', id, runs: runs.length }, text);
  for (const { method, why } of leftOut) say({ type: 'left-out', method, why }, `without ${method}: ${why}`);
}

interface DriveOptions {
  readonly flags: Flags;
  readonly terminal: Terminal;
  readonly runs: string;
  readonly say: Say;
  readonly store: ArtifactStore;
}

function drive(plan: ExperimentPlan, options: DriveOptions): Promise<orchestration.RunState[]> {
  const { flags, terminal, runs, say, store } = options;
  const follow: Omit<DriveExperimentOptions, 'settings'> = {
    terminal,
    createReporter: () => createReporter(terminal, flags),
    onRun: (planned, number) => {
      const { run: id, method, seed, vary } = planned;
      const text = `\n${describeRun(planned, number, plan.runs.length)}`;
      say({ type: 'run', run: id, method, seed, vary }, text);
    },
  };
  const server = remoteServer(flags);
  if (server !== undefined) return driveExperimentRemotely(plan.runs, { server, store, runs, ...follow });
  const { workers, threads, dashboard } = flags;
  const { stageCache } = experimentLayout(runs, plan.id);
  return driveExperiment(plan.runs, {
    settings: {
      runs,
      runId: plan.id,
      workers,
      threads,
      dashboard,
      stageCache,
    },
    ...follow,
  });
}

function exitCodeOf(states: readonly orchestration.RunState[], runs: number): ExitCode {
  const { SUCCEEDED, CANCELLED } = orchestration.RunState;
  if (states.length < runs || states.includes(CANCELLED)) return EXIT.cancelled;
  return states.every((state) => state === SUCCEEDED) ? EXIT.ok : EXIT.failed;
}
