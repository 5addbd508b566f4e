import type { RunConfig } from '@sipf/contracts';
import type { FieldViolation } from '@sipf/errors';
import { taskNamed, type FileSplits } from '@sipf/tasks';
import { plannedTrainings } from '../plan/planned-trainings.ts';
import type { OpenedModel } from './opened.ts';

/** Prompts that are encoded, the longest by characters: which has the most tokens is among them but for odd texts. */
const ENCODED = 16;

/**
 * Trainings on sampled paths that would end the run for a path that is too long, where sampling may draw such paths: the paths
 * are hours of work then.
 */
export function pathLengthFaults(
  config: RunConfig,
  splits: FileSplits | undefined,
  policy: OpenedModel | undefined,
): FieldViolation[] {
  // What learns from no split of the data learns from paths.
  const strict = plannedTrainings(config).filter(
    ({ split, optimisation }) => split === undefined && optimisation.longerRows === 'error',
  );
  if (strict.length === 0) return [];
  const prompt = longestPrompt(config, splits, policy);
  const { maxNewTokens } = config.sampling;
  const takes = policy?.config.maxPositionEmbeddings ?? Infinity;
  // And the end token of a path that is cut where it may be no longer.
  const row = Math.min(prompt + maxNewTokens, takes) + 1;
  return strict.flatMap(({ field, optimisation: { maxSequenceTokens } }) => {
    const limit = Math.min(maxSequenceTokens, takes);
    if (row <= limit) return [];
    const description =
      `is error, and a path of sampling.maxNewTokens ${maxNewTokens} after a question of ${prompt} tokens makes a row of ${row}, ` +
      `more than ${limit}: raise maxSequenceTokens, lower sampling.maxNewTokens, or let it be drop`;
    return [{ field: `${field}.longerRows`, description }];
  });
}

/** Tokens of the longest question that paths are sampled of; 1 where none is there to be read. */
function longestPrompt(
  { task: { name } }: RunConfig,
  splits: FileSplits | undefined,
  policy: OpenedModel | undefined,
): number {
  if (splits === undefined || policy === undefined) return 1;
  const task = taskNamed(name);
  const longest = splits.loop
    .map((problem) => task.prompt(problem, { kind: 'zero-shot' }))
    .sort((a, b) => b.length - a.length)
    .slice(0, ENCODED);
  return longest.reduce((most, prompt) => Math.max(most, policy.tokensOf(prompt) ?? 0), 1);
}
