import { orchestration } from '@sipf/contracts';
import { isAlive, readRun, readRunProcesses, runLayout } from '@sipf/runs';
import { createClient } from '@sipf/service';
import { resolve } from 'node:path';
import { EXIT } from '../exit-codes.ts';
import { defineCommand } from '../options/define-command.ts';
import { runsFlag } from '../options/embedded-options.ts';
import { remoteServer, serverShape, type RemoteServer } from '../options/server-options.ts';
import { checkRunId } from '../runs/claim-run.ts';
import { usageError } from '../usage-error.ts';

const shape = { runs: runsFlag, ...serverShape('orchestration') } as const;

/** Time for the stages at work to stop. */
const CANCEL_MS = 120_000;

/** `sipf cancel`: stops a run that another process drives. */
export const cancelCommand = defineCommand({
  name: 'cancel',
  description: 'stop a run; `sipf resume` continues it',
  arguments: { '<id>': 'the run' },
  shape,
  action: async ({ args: [id = ''], flags, terminal }) => {
    checkRunId(id);
    const server = remoteServer(flags) ?? (await orchestratorOf(resolve(terminal.cwd, flags.runs), id));
    const { address, security } = server;
    using client = createClient(orchestration.OrchestrationServiceDefinition, address, {
      ...security,
      ...terminal,
    });
    const { run } = await client.cancelRun({ runId: id }, { deadlineMs: CANCEL_MS });
    const state = orchestration
      .runStateToJSON(run?.state ?? 0)
      .replace('RUN_STATE_', '')
      .toLowerCase();
    terminal.stdout.write(`run ${id} is ${state}\n`);
    return EXIT.ok;
  },
});

/** The orchestrator of an embedded run. @throws SipfError where nobody drives the run */
async function orchestratorOf(runs: string, id: string): Promise<RemoteServer> {
  const { standing } = await readRun(runs, id);
  const processes = await readRunProcesses(runLayout(runs, id).processes);
  if (processes?.orchestration !== undefined && isAlive(processes.supervisor)) {
    return { address: processes.orchestration, security: {} };
  }
  const why =
    standing === 'running'
      ? 'is driven by an orchestrator of its own: name it by --server'
      : `is ${standing}`;
  throw usageError(`there is nothing to cancel: run ${id} ${why}`);
}
