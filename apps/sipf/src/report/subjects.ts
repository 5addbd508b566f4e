import { experimentLayout, experimentRuns } from '@sipf/runs';
import { checkRunId } from '../runs/claim-run.ts';

/**
 * The runs that some ids stand for: an experiment's id stands for its runs.
 * @throws SipfError `invalid-argument` for what cannot be an id; `data-loss` EXPERIMENT_INVALID
 */
export async function runsNamed(runs: string, ids: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    ids.map(async (id) => (await experimentRuns(experimentLayout(runs, checkRunId(id)).experiment)) ?? [id]),
  );
  return [...new Set(found.flat())];
}
