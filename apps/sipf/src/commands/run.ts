import type { RunConfig } from '@sipf/contracts';
import { preflight } from '@sipf/runs/preflight';
import { text } from '@sipf/service';
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { loadRunConfig } from '../config/load-run-config.ts';
import { plannedStages } from '../config/planned-stages.ts';
import { displayPath } from '../display-path.ts';
import { checkRunsThere } from '../drive/check-runs-there.ts';
import { driveEmbedded } from '../drive/drive-embedded.ts';
import { driveRemote } from '../drive/drive-remote.ts';
import { reportEnd } from '../drive/report-end.ts';
import { partsOf, servicesOf } from '../embedded/services-of.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { clusterFlags, describesCluster, readCluster } from '../forecast/cluster-options.ts';
import { askOnce, planDryRun, planJson, requireFeasible, type DryRunPlan } from '../forecast/plan-dry-run.ts';
import { defineCommand, type FlagsOf } from '../options/define-command.ts';
import { embeddedShape } from '../options/embedded-options.ts';
import { remoteServer, serverShape, type RemoteServer } from '../options/server-options.ts';
import { createReporter } from '../progress/create-reporter.ts';
import { DEFAULT_CONFIG } from '../repository.ts';
import { checkRunId, claimRun, defaultRunId, freeRunId } from '../runs/claim-run.ts';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage-error.ts';
import { startRun } from './start-run.ts';

const shape = {
  config: text('file').default(DEFAULT_CONFIG).describe('YAML; relative paths in it start at its folder'),
  set: z
    .array(text('key=value'))
    .default([])
    .describe('change a setting, e.g. sft.epochs=3; null restores the default; relative paths start here'),
  runId: text('id')
    .optional()
    .describe('a-z, 0-9 and -. Default: <method>-<task>-<seed>, numbered when taken'),
  dryRun: z
    .boolean()
    .default(false)
    .describe(
      'open what the run will open, print the complete configuration, the planned stages and what was found, and stop',
    ),
  json: z.boolean().default(false).describe('events as JSON, one a line, on standard output'),
  embedded: z.boolean().default(false).describe('start all services on this machine (as without --server)'),
  ...clusterFlags,
  ...embeddedShape,
  ...serverShape('orchestration'),
} as const;
type Flags = FlagsOf<typeof shape>;

/** `sipf run`: one run of the method. */
export const runCommand = defineCommand({
  name: 'run',
  description: 'run the method: by default SFT and three iterations of SIPF on the bundled arithmetic task',
  shape,
  action: async ({ flags, terminal }) => {
    const server = remoteServer(flags);
    if (server !== undefined && flags.embedded)
      throw usageError('--embedded and --server exclude each other');
    const source = { file: flags.config, overrides: flags.set, cwd: terminal.cwd };
    const isElsewhere = describesCluster(flags);
    if (isElsewhere && !flags.dryRun) throw usageError('a cluster is described for --dry-run alone');
    const config = await loadRunConfig({ ...source, checkFiles: server === undefined && !isElsewhere });
    if (flags.runId !== undefined) checkRunId(flags.runId);
    const runs = resolve(terminal.cwd, flags.runs);
    // What another machine will open is for it to say; of a described one nobody can.
    const found = isElsewhere
      ? []
      : server === undefined
        ? await preflight(config, { runs })
        : await checkRunThere(config, server, terminal);
    if (flags.dryRun) {
      const cluster = await readCluster(flags, terminal.cwd);
      const planned = await planDryRun(config, {
        ...{ cluster, explain: flags.explain },
        ...(flags.ask ? { ask: askOnce({ isHere: !isElsewhere && server === undefined }) } : {}),
      });
      terminal.stdout.write(dryRun(config, { flags, cwd: terminal.cwd, found, planned }));
      requireFeasible({ refusals: isElsewhere ? planned.refusals : planned.engineRefusals });
      return EXIT.ok;
    }
    const warnings = found.filter((line) => line.startsWith('warning: '));
    return server === undefined
      ? runHere(config, { flags, terminal, warnings })
      : runThere(config, { flags, server, terminal, warnings });
  },
});

async function checkRunThere(
  config: RunConfig,
  server: RemoteServer,
  { signal }: Terminal,
): Promise<readonly string[]> {
  const [found = []] = await checkRunsThere([config], server, signal);
  return found;
}

async function runHere(
  config: RunConfig,
  {
    flags,
    terminal,
    warnings,
  }: { readonly flags: Flags; readonly terminal: Terminal; readonly warnings: readonly string[] },
): Promise<ExitCode> {
  const runs = resolve(terminal.cwd, flags.runs);
  const runId = await claimRun(runs, { wanted: flags.runId, base: defaultRunId(config) });
  const reporter = createReporter(terminal, flags);
  reporter.note(introduction(runId, config, displayPath(terminal.cwd, resolve(runs, runId))));
  for (const warning of warnings) reporter.note(warning);
  const { workers, threads, dashboard } = flags;
  const services = { workers, threads, dashboard, ...servicesOf(config), parts: partsOf([config]) };
  const settings = { runs, runId, ...services };
  const run = await driveEmbedded(settings, { terminal, reporter }, (client) =>
    startRun(client, { config, wanted: runId, base: runId }),
  );
  return reportEnd(run, terminal, { runs, json: flags.json });
}

async function runThere(
  config: RunConfig,
  {
    flags,
    server,
    terminal,
    warnings,
  }: {
    readonly flags: Flags;
    readonly server: RemoteServer;
    readonly terminal: Terminal;
    readonly warnings: readonly string[];
  },
): Promise<ExitCode> {
  const reporter = createReporter(terminal, flags);
  const run = await driveRemote(server, { terminal, reporter }, async (client) => {
    const runId = await startRun(client, { config, wanted: flags.runId, base: defaultRunId(config) });
    reporter.note(introduction(runId, config, `at ${server.address}`));
    for (const warning of warnings) reporter.note(warning);
    return runId;
  });
  return reportEnd(run, terminal, { runs: undefined, json: flags.json });
}

function introduction(runId: string, config: RunConfig, where: string): string {
  const { method, task, seed, iterations } = config;
  const loop = iterations > 0 ? `, ${iterations} iterations` : '';
  return `run ${runId} (${where}): ${method} on ${task.name}${loop}, seed ${seed}`;
}

interface DryRun {
  readonly flags: Flags;
  readonly cwd: string;
  /** What was found in the files and folders that the run will open. */
  readonly found: readonly string[];
  /** What it will take. */
  readonly planned: DryRunPlan;
}

/** The configuration as YAML that `--config` reads again, with the stages and what was found as comments. */
function dryRun(config: RunConfig, { flags, cwd, found, planned }: DryRun): string {
  const { runs, runId, json } = flags;
  const id = runId ?? freeRunId(resolve(cwd, runs), defaultRunId(config));
  const stages = plannedStages(config);
  if (json) return `${JSON.stringify({ runId: id, config, stages, found, plan: planJson(planned) })}\n`;
  const width = Math.max(...stages.map((stage) => stage.id.length));
  const lines = stages.map((stage) => `#   ${stage.id.padEnd(width)}  ${stage.description}`);
  const opened = [...found, ...planned.lines].map((line) => `# ${line}`.trimEnd() + '\n').join('');
  return `${stringify(config)}\n# run ${id}: ${stages.length} stages\n${lines.join('\n')}\n${opened}`;
}
