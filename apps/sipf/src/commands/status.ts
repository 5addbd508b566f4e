import { orchestration } from '@sipf/contracts';
import { createClient } from '@sipf/service';
import { resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { parseFlags } from '../options/parse-flags.ts';
import { addServerOptions, remoteServer, serverShape, type RemoteServer } from '../options/server-options.ts';
import { checkRunId } from '../runs/claim-run.ts';
import { readRun, readRuns } from '../runs/read-run.ts';
import { describeRun, listRuns } from '../runs/run-tables.ts';
import { describeRemoteRun, listRemoteRuns, remoteRunJson } from '../runs/remote-run-tables.ts';
import type { CommandDefinition } from './command.ts';

const schema = z.object({ ...serverShape, runs: z.string(), json: z.boolean().default(false) });

/** `sipf status`: all runs as a table, or the stages of one. */
export const statusCommand: CommandDefinition = {
  declare: (program) =>
    addServerOptions(
      program
        .command('status')
        .description('the runs of a folder or a server, or the stages of one run')
        .argument('[id]', 'a run')
        .option('--runs <folder>', 'folder of the runs', './runs')
        .option('--json', 'as one JSON object'),
      'orchestration',
    ),
  action: async ({ args: [id], flags: raw, terminal }) => {
    const flags = parseFlags(schema, raw);
    if (id !== undefined) checkRunId(id);
    const server = remoteServer(flags);
    const text =
      server === undefined
        ? await localStatus(resolve(terminal.cwd, flags.runs), id, flags)
        : await remoteStatus(server, id, { ...flags, signal: terminal.signal });
    terminal.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
};

async function localStatus(
  runs: string,
  id: string | undefined,
  { json }: { json: boolean },
): Promise<string> {
  if (id !== undefined) {
    const run = await readRun(runs, id);
    return json ? JSON.stringify(run) : describeRun(run);
  }
  const all = await readRuns(runs);
  if (json) return JSON.stringify({ runs: all });
  return all.length === 0 ? `no runs in ${runs}; start one by \`sipf run\`` : listRuns(all);
}

async function remoteStatus(
  { address, security }: RemoteServer,
  id: string | undefined,
  { json, signal }: { readonly json: boolean; readonly signal: AbortSignal },
): Promise<string> {
  using client = createClient(orchestration.OrchestrationServiceDefinition, address, { ...security, signal });
  const call = { idempotent: true };
  if (id !== undefined) {
    const { run } = await client.getRun({ runId: id }, call);
    if (run === undefined) return '';
    return json ? JSON.stringify(remoteRunJson(run)) : describeRemoteRun(run);
  }
  const { runs } = await client.listRuns({}, call);
  if (json) return JSON.stringify({ runs: runs.map(remoteRunJson) });
  return runs.length === 0 ? `no runs at ${address}` : listRemoteRuns(runs);
}
