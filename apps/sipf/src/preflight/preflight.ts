import type { RunConfig } from '@sipf/contracts';
import { usageError } from '../usage-error.ts';
import { checkData } from './check-data.ts';
import { checkModels } from './check-models.ts';
import { estimatesOf } from './estimates.ts';
import { checkLengths } from './token-lengths.ts';

/** How much of a run is looked at before it starts. */
export interface PreflightOptions {
  /** Whether solved problems are encoded, which takes seconds for thousands. */
  readonly withLengths: boolean;
}

/**
 * Opens what a run will open: data, models, tokenizers.
 * @returns what was found, in lines for people
 * @throws SipfError `invalid-argument` with a violation for every file and folder that is wrong, named by its setting
 */
export async function preflight(config: RunConfig, { withLengths }: PreflightOptions): Promise<string[]> {
  const [data, models] = await Promise.all([checkData(config), checkModels(config)]);
  const policy = models.opened.find(({ field }) => field === 'policy.model');
  const lengths = withLengths ? checkLengths(config, data.opened, policy) : { notes: [], faults: [] };
  const faults = [...data.faults, ...models.faults, ...lengths.faults];
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
    ...estimatesOf(config, models.opened),
  ];
}
