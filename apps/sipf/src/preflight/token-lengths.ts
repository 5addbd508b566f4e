import type { OptimisationConfig, RunConfig } from '@sipf/contracts';
import type { FieldViolation } from '@sipf/errors';
import { taskNamed, type Problem } from '@sipf/tasks';
import type { OpenedData } from './check-data.ts';
import type { OpenedModel } from './check-models.ts';

/** How long the solved problems are for the model that learns them. */
export interface LengthCheck {
  /** For people. */
  readonly notes: readonly string[];
  readonly faults: readonly FieldViolation[];
  /** Rows that the training leaves out as too long. */
  readonly leftOut: number;
}

/** Where nothing is known of the rows. */
export const NOTHING: LengthCheck = { notes: [], faults: [], leftOut: 0 };

/** Encodes the rows of supervised fine-tuning, and compares their lengths with what the settings and the model take. */
export function checkLengths(
  config: RunConfig,
  data: readonly OpenedData[],
  model: OpenedModel | undefined,
): LengthCheck {
  const solved = data.find(({ field }) => field === 'task.train' || field === 'task.data');
  if (config.sft === undefined || solved === undefined || model === undefined) return NOTHING;
  const lengths = solved.problems
    .filter(({ solution }) => solution !== undefined)
    .map((problem) => lengthOf(config, problem, model));
  if (lengths.length === 0) return NOTHING;
  return compare(lengths, limitOf(config.sft, model), config.sft);
}

interface Limit {
  readonly tokens: number;
  readonly field: string;
}

function limitOf({ maxSequenceTokens }: OptimisationConfig, { config, field }: OpenedModel): Limit {
  const { maxPositionEmbeddings } = config;
  return maxSequenceTokens <= maxPositionEmbeddings
    ? { tokens: maxSequenceTokens, field: 'sft.maxSequenceTokens' }
    : { tokens: maxPositionEmbeddings, field };
}

function compare(lengths: readonly number[], limit: Limit, sft: OptimisationConfig): LengthCheck {
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const longer = lengths.filter((length) => length > limit.tokens).length;
  const notes = [
    `solved problems: ${lengths.length}, at most ${longest} tokens; ${limit.field} takes ${limit.tokens}`,
  ];
  if (longer === 0) return { notes, faults: [], leftOut: 0 };
  const description = `${longer} of ${lengths.length} solved problems are longer than ${limit.tokens} tokens, the longest has ${longest}`;
  if (sft.longerRows === 'drop')
    return { notes: [...notes, `${longer} of them are left out`], faults: [], leftOut: longer };
  return {
    notes,
    leftOut: 0,
    faults: [{ field: limit.field, description: `${description}; sft.longerRows=drop leaves them out` }],
  };
}

function lengthOf({ task: { name } }: RunConfig, problem: Problem, { tokenizer }: OpenedModel): number {
  const task = taskNamed(name);
  const text = task.prompt(problem, { kind: 'zero-shot' }) + task.formatTarget(problem);
  // And the end token.
  return tokenizer.encode(text).length + 1;
}
