import { orchestration } from '@sipf/contracts';
import { createClient, waitForReady } from '@sipf/service';
import type { OrchestrationClient } from '../follow/follow-run.ts';
import type { RemoteServer } from '../options/server-options.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { Terminal } from '../terminal.ts';
import { followToEnd } from './follow-to-end.ts';

/** Longest wait for an orchestrator that is to be there. */
export const READY_MS = 15_000;
const NEVER = new Promise<never>(() => undefined);

/** Begins (or resumes) a run at an orchestrator that runs already, and follows it to its end. */
export async function driveRemote(
  { address, security }: RemoteServer,
  { terminal, reporter }: { readonly terminal: Terminal; readonly reporter: Reporter },
  begin: (client: OrchestrationClient) => Promise<string>,
): Promise<orchestration.Run> {
  const { signal } = terminal;
  await waitForReady(address, { signal, deadlineMs: READY_MS, ...security });
  using client = createClient(orchestration.OrchestrationServiceDefinition, address, security);
  const runId = await begin(client);
  return await followToEnd(client, { runId, reporter, terminal, failed: NEVER });
}
