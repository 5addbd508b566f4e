import type { RunConfig } from '@sipf/contracts';
import { usageError } from '../usage-error.ts';
import { checkData } from './check-data.ts';
import { checkModels } from './check-models.ts';
import { lowSpace } from './disk-space.ts';
import { describeNeeds, needsOf } from './estimates.ts';
import { pathLengthFaults } from './path-lengths.ts';
import { checkLengths, NOTHING } from './token-lengths.ts';
import { checkUpdates } from './updates.ts';

/** How much of a run is looked at before it starts. */
export interface PreflightOptions {
  /** Whether solved problems are encoded, which takes seconds for thousands. */
  readonly withLengths: boolean;
  /** Folder that the run's results go to, for its free space; not looked at where absent. */
  readonly runs?: string;
}

/**
 * Opens what a run will open: data, models, tokenizers.
 * @returns what was found, in lines for people
 * @throws SipfError `invalid-argument` with a violation for every file and folder that is wrong, named by its setting
 */
export async function preflight(
  config: RunConfig,
  { withLengths, runs }: PreflightOptions,
): Promise<string[]> {
  const [data, models] = await Promise.all([checkData(config), checkModels(config)]);
  const policy = models.opened.find(({ field }) => field === 'policy.model');
  const lengths = withLengths ? checkLengths(config, data.opened, policy) : NOTHING;
  const updates = await checkUpdates(config, data.opened, lengths.leftOut);
  const needs = needsOf(config, models.opened);
  const faults = [
    ...data.faults,
    ...models.faults,
    ...lengths.faults,
    ...pathLengthFaults(config, data.opened, policy),
    ...updates.faults,
  ];
  const [first] = faults;
  if (first !== undefined) {
    const message = faults.length === 1 ? `${first.field}: ${first.description}` : 'this run cannot start';
    throw usageError(message, { violations: faults });
  }
  return [
    ...data.opened.map(({ field, file, problems }) => `${field}: ${file}, ${problems.length} problems`),
    ...models.opened.map(
      ({ field, folder, parameters }) => `${field}: ${folder}, ${parameters.toLocaleString('en')} parameters`,
    ),
    ...lengths.notes,
    ...updates.notes,
    ...(needs === undefined ? [] : describeNeeds(needs)),
    ...(needs === undefined || runs === undefined ? [] : await lowSpace(needs.disk, runs)),
  ];
}
