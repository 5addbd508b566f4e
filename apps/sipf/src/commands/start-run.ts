import type { RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { OrchestrationClient } from '../follow/follow-run.ts';
import { runExists } from '../runs/claim-run.ts';

const START_MS = 60_000;

/**
 * Starts a run at an orchestrator, once what it will open was looked at: on this machine, or by {@link checkRunsThere}.
 * @param wanted the run's id; where undefined, `base` or the first of `base-2`, `base-3`, ... that is free
 * @returns its id
 * @throws SipfError `already-exists` RUN_EXISTS for a wanted id that is taken
 */
export async function startRun(
  client: OrchestrationClient,
  {
    config,
    wanted,
    base,
  }: { readonly config: RunConfig; readonly wanted: string | undefined; readonly base: string },
): Promise<string> {
  const configJson = JSON.stringify(config);
  for (let number = 1; ; number++) {
    const runId = wanted ?? (number === 1 ? base : `${base}-${number}`);
    try {
      await client.startRun({ runId, configJson, checked: true }, { deadlineMs: START_MS });
      return runId;
    } catch (error) {
      if (!(error instanceof SipfError) || error.reason !== 'RUN_EXISTS') throw error;
      if (wanted !== undefined) throw runExists(wanted);
    }
  }
}
