import { orchestration } from '@sipf/contracts';
import { readRun, readRunProcesses, readRuns, runLayout, type RunRecord } from '@sipf/runs';
import { createClient } from '@sipf/service';
import { resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { defineCommand } from '../options/define-command.ts';
import { runsFlag } from '../options/embedded-options.ts';
import { remoteServer, serverShape, type RemoteServer } from '../options/server-options.ts';
import { checkRunId } from '../runs/claim-run.ts';
import { describeRemoteRun, listRemoteRuns, remoteRunJson } from '../runs/remote-run-tables.ts';
import { describeRun, listRuns } from '../runs/run-tables.ts';

const shape = {
  runs: runsFlag,
  json: z.boolean().default(false).describe('as one JSON object'),
  ...serverShape('orchestration'),
} as const;

/** Longest wait for the orchestrator of a run at work. */
const ASK_MS = 2000;

/** `sipf status`: all runs as a table, or the stages of one. */
export const statusCommand = defineCommand({
  name: 'status',
  description: 'the runs of a folder or a server, or the stages of one run',
  arguments: { '[id]': 'a run' },
  shape,
  action: async ({ args: [id], flags, terminal }) => {
    if (id !== undefined) checkRunId(id);
    const server = remoteServer(flags);
    const text =
      server === undefined
        ? await localStatus(resolve(terminal.cwd, flags.runs), id, flags)
        : await remoteStatus(server, id, { ...flags, signal: terminal.signal });
    terminal.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
});

async function localStatus(
  runs: string,
  id: string | undefined,
  { json }: { json: boolean },
): Promise<string> {
  if (id !== undefined) {
    const run = await withWait(runs, await readRun(runs, id));
    return json ? JSON.stringify(run) : describeRun(run);
  }
  const all = await Promise.all((await readRuns(runs)).map((run) => withWait(runs, run)));
  if (json) return JSON.stringify({ runs: all });
  return all.length === 0 ? `no runs in ${runs}; start one by \`sipf run\`` : listRuns(all);
}

/** What a run at work waits for is known to its orchestrator alone: a full disk takes no word about that. */
async function withWait(runs: string, run: RunRecord): Promise<RunRecord> {
  if (run.standing !== 'running') return run;
  const address = (await readRunProcesses(runLayout(runs, run.id).processes))?.orchestration;
  if (address === undefined) return run;
  using client = createClient(orchestration.OrchestrationServiceDefinition, address);
  const asked = client.getRun({ runId: run.id }, { idempotent: true, deadlineMs: ASK_MS });
  const failure = await asked.then((answer) => answer.run?.failure ?? '').catch(() => '');
  return { ...run, failure };
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
