import { ownTrainerViolations, type RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { diskNeeds } from '../forecast/forecast.ts';
import { sumOf } from '../forecast/memory.ts';
import { checkData } from './check-data.ts';
import { checkModels } from './check-models.ts';
import { solutionFaults } from './check-solutions.ts';
import { lowSpace } from './disk-space.ts';
import { gatherFacts } from './gather-facts.ts';
import type { OpenedData, OpenedModel } from './opened.ts';
import { Openings } from './openings.ts';
import { pathLengthFaults } from './path-lengths.ts';
import { runSplits } from './run-splits.ts';
import { checkLengths } from './token-lengths.ts';
import { checkUpdates } from './updates.ts';

/** How a run is looked at before it starts. */
interface PreflightOptions {
  /** Folder that the run's results go to, for its free space; not looked at where absent. */
  readonly runs?: string;
  /** Whether what is found goes to a caller elsewhere. @default false */
  readonly isRemote?: boolean;
  /** What was opened for other runs. */
  readonly openings?: Openings;
}

/**
 * Opens what a run will open: data, models, tokenizers.
 * @returns what was found, in lines for people
 * @throws SipfError `invalid-argument` with a violation for every file and folder that is wrong, named by its setting
 */
export async function preflight(
  config: RunConfig,
  { runs, isRemote = false, openings = new Openings() }: PreflightOptions = {},
): Promise<string[]> {
  const [data, models] = await Promise.all([checkData(config, openings), checkModels(config, openings)]);
  const policy = models.opened.find(({ field }) => field === 'policy.model');
  const splits = runSplits(config, data.opened);
  const lengths = checkLengths(config, { data: data.opened, splits }, policy);
  const updates = await checkUpdates(config, splits, lengths.leftOut);
  const faults = [
    ...data.faults,
    ...models.faults,
    ...solutionFaults(config, data.opened, splits),
    ...lengths.faults,
    ...pathLengthFaults(config, splits, policy),
    ...updates.faults,
    // Services elsewhere may have another trainer.
    ...(isRemote || config.engines !== undefined ? [] : ownTrainerViolations(config)),
  ];
  const [first] = faults;
  if (first !== undefined) {
    const message = faults.length === 1 ? `${first.field}: ${first.description}` : 'this run cannot start';
    throw new SipfError('invalid-argument', message, { reason: 'INVALID_FIELD', violations: faults });
  }
  return [
    ...data.opened.map(describeData),
    ...models.opened.flatMap(describeModel),
    ...lengths.notes,
    ...updates.notes,
    ...(runs === undefined ? [] : await lowSpaceOf(config, { runs, isRemote, openings })),
  ];
}

function describeData({ field, file, problems, style }: OpenedData): string {
  const held =
    style?.kind === 'few-shot' ? `${style.exemplars.length} worked examples` : `${problems.length} problems`;
  return `${field}: ${file}, ${held}`;
}

function describeModel({ field, folder, parameters, unused }: OpenedModel): string[] {
  const held = `${field}: ${folder}, ${parameters.toLocaleString('en')} parameters`;
  return unused === undefined ? [held] : [held, `warning: ${field}: ${folder}: ${unused}`];
}

/** As the plan of a dry run says it. */
async function lowSpaceOf(
  config: RunConfig,
  {
    runs,
    isRemote,
    openings,
  }: { readonly runs: string; readonly isRemote: boolean | undefined; readonly openings: Openings },
): Promise<string[]> {
  const { facts } = await gatherFacts(config, openings);
  return facts === undefined ? [] : await lowSpace(sumOf(diskNeeds(facts)), runs, isRemote);
}
