import { orchestration, type RunConfig } from '@sipf/contracts';
import { createClient, waitForReady } from '@sipf/service';
import type { RemoteServer } from '../options/server-options.ts';
import { READY_MS } from './drive-remote.ts';

/** Reading large data sets and weights from a slow disk. */
const CHECK_MS = 600_000;

/**
 * Has an orchestrator open what runs would open on its machine.
 * @returns what was found, in lines for people, a run after the other
 * @throws SipfError `invalid-argument` with a violation for every file and folder that is wrong there; `unavailable`
 */
export async function checkRunsThere(
  configs: readonly RunConfig[],
  { address, security }: RemoteServer,
  signal: AbortSignal,
): Promise<readonly (readonly string[])[]> {
  await waitForReady(address, { signal, deadlineMs: READY_MS, ...security });
  using client = createClient(orchestration.OrchestrationServiceDefinition, address, security);
  const configJson = configs.map((config) => JSON.stringify(config));
  const { runs } = await client.checkRuns({ configJson }, { signal, deadlineMs: CHECK_MS });
  return runs.map(({ found }) => found);
}
