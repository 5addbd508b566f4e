import { readExperiment, writeExperiment, type ExperimentFile } from '@sipf/runs';
import { isDeepStrictEqual } from 'node:util';
import { usageError } from '../usage-error.ts';
import type { ExperimentPlan } from './plan-experiment.ts';

/** The file of a plan. */
export function toExperimentFile({ id, runs }: ExperimentPlan): ExperimentFile {
  const config = runs[0]?.config ?? {};
  return {
    id,
    config: JSON.parse(JSON.stringify(config)) as Record<string, unknown>,
    runs: runs.map(({ run, method, seed, vary }) => ({ run, method, seed, vary: { ...vary } })),
  };
}

/**
 * Writes the file of a new experiment, or makes sure that the one that is there is the same experiment.
 * @returns whether the experiment was there
 * @throws SipfError `invalid-argument` for another experiment of that name; `data-loss` for a damaged file
 */
export async function claimExperimentFile(path: string, file: ExperimentFile): Promise<boolean> {
  const known = await readExperiment(path);
  if (known === undefined) {
    await writeExperiment(path, file);
    return false;
  }
  if (isDeepStrictEqual(known, file)) return true;
  throw usageError(
    `experiment ${file.id} exists with other runs or settings: resume it as it was started, or choose another --id`,
  );
}
