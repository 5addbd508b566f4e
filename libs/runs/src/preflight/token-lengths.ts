import type { OptimisationConfig, RunConfig } from '@sipf/contracts';
import type { FieldViolation } from '@sipf/errors';
import { taskNamed, type FileSplits, type Problem } from '@sipf/tasks';
import type { OpenedData, OpenedModel } from './opened.ts';
import { rowFault } from './row-faults.ts';
import { imitatesSolutions } from './run-splits.ts';

/** How long the solved problems are for the model that learns them, and which texts it cannot read. */
export interface LengthCheck {
  /** For people. */
  readonly notes: readonly string[];
  readonly faults: readonly FieldViolation[];
  /** Rows that the training leaves out as too long. */
  readonly leftOut: number;
}

/** What the files of a run hold, and what it takes of them. */
export interface ChosenData {
  readonly data: readonly OpenedData[];
  readonly splits: FileSplits | undefined;
}

/**
 * Encodes what the policy will read, the rows of supervised fine-tuning and the questions, and compares the rows' lengths with
 * what the settings and the model take.
 */
export function checkLengths(
  config: RunConfig,
  chosen: ChosenData,
  model: OpenedModel | undefined,
): LengthCheck {
  if (model === undefined) return { notes: [], faults: [], leftOut: 0 };
  const read = chosen.data.map((file) => readFile(file, { config, model, splits: chosen.splits }));
  const faults = read.flatMap((file) => file.faults);
  const lengths = read.flatMap((file) => file.lengths);
  const filling = read.flatMap((file) => file.notes);
  if (config.sft === undefined || lengths.length === 0) return { notes: filling, faults, leftOut: 0 };
  const { notes, ...compared } = compare(lengths, limitOf(config.sft, model), config.sft);
  return { ...compared, notes: [...notes, ...filling], faults: [...faults, ...compared.faults] };
}

interface Reading {
  readonly config: RunConfig;
  readonly model: OpenedModel;
  readonly splits: FileSplits | undefined;
}

/**
 * Tokens of every row of fine-tuning in a file, its questions that leave no room, and the first of its problems that cannot be
 * read.
 */
function readFile(file: OpenedData, { config, model, splits }: Reading) {
  const task = taskNamed(file.task);
  const isOwn = splits !== undefined && file.field.startsWith('task.');
  const used = isOwn ? new Set(Object.values(splits).flat()) : new Set(file.problems);
  const imitated = new Set(imitatesSolutions(config) ? splits?.train : []);
  const lengths: number[] = [];
  const unreadable: Problem[] = [];
  let filling = 0;
  for (const problem of file.problems.filter((one) => used.has(one))) {
    const isRow = imitated.has(problem) && problem.solution !== undefined;
    const target = isRow ? task.formatTarget(problem) : '';
    const prompt = task.prompt(problem, { kind: 'zero-shot' });
    const tokens = model.tokensOf(prompt + target);
    if (!isRow && (tokens ?? 0) >= model.config.maxPositionEmbeddings) filling++;
    if (tokens === undefined) unreadable.push(problem);
    // And the end token.
    else if (isRow) lengths.push(tokens + 1);
  }
  const what = `the tokenizer of ${model.folder} has no tokens for its text`;
  return { lengths, notes: notesOf(file, filling, model), faults: rowFault(file, unreadable, what) };
}

function notesOf({ field, file }: OpenedData, filling: number, { folder }: OpenedModel): string[] {
  if (filling === 0) return [];
  return [`${field}: ${filling} questions of ${file} fill ${folder} with their prompt: they count as wrong`];
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
  const description =
    `${longer} of ${lengths.length} solved problems are longer ` +
    `than ${limit.tokens} tokens, the longest has ${longest}`;
  if (longer === lengths.length)
    return {
      notes,
      leftOut: 0,
      faults: [{ field: limit.field, description: `${description}: none is left to learn` }],
    };
  if (sft.longerRows === 'drop')
    return { notes: [...notes, `${longer} of them are left out`], faults: [], leftOut: longer };
  return {
    notes,
    leftOut: 0,
    faults: [{ field: limit.field, description: `${description}; sft.longerRows=drop leaves them out` }],
  };
}
