import { inTurns } from '@sipf/async';
import { common, type verification } from '@sipf/contracts';
import type { ServedVerifier } from '../served-verifier.ts';
import { task, type EncodedRow, type RowRules } from './row-task.ts';

/** The reader of rows. */
export type RowReader = Pick<ServedVerifier, 'tokenizer' | 'reader'>;

/** Rows are read together up to this many characters: starting a task costs as much as reading a short row. */
const TOGETHER = 2048;

/** Cost per character of a path whose tokens are decoded to find the ends of its steps, see AsyncTokenizer.run. */
const DECODED = 2;

/**
 * Encodes rows as the verifier reads them, in order; yields to other calls meanwhile. A fault of one row is that row's error.
 * @throws SipfError as AsyncTokenizer.run
 */
export async function encodeRows(
  { rows, ...rules }: Pick<verification.ScoreRequest, 'rows'> & RowRules,
  { tokenizer, reader }: RowReader,
  signal: AbortSignal,
): Promise<EncodedRow[]> {
  const { format, config } = reader;
  const { splitting, longPath } = rules;
  const options = { rules: { splitting, longPath }, format, config };
  const encoded: EncodedRow[] = [];
  for await (const together of inTurns(groupsOf(rows), signal)) {
    const size = DECODED * together.reduce((sum, row) => sum + charactersOf(row), 0);
    encoded.push(...(await tokenizer.run(task, { ...options, rows: together }, size)));
  }
  return encoded;
}

function* groupsOf(rows: readonly verification.ScoreRow[]): Generator<readonly verification.ScoreRow[]> {
  let group: verification.ScoreRow[] = [];
  let room = TOGETHER;
  for (const row of rows) {
    const characters = charactersOf(row);
    if (characters > room && group.length > 0) {
      yield group;
      [group, room] = [[], TOGETHER];
    }
    group.push(row);
    room -= characters;
  }
  if (group.length > 0) yield group;
}

function charactersOf({ question, steps, text }: verification.ScoreRow): number {
  return steps.reduce((sum, step) => sum + step.length + 1, question.length + text.length + 1);
}

/** The rules that `splitting` may name, as `Info` reports them. */
export const STEP_RULES: readonly common.StepRule[] = [
  common.StepRule.LINE,
  common.StepRule.BLANK_LINE,
  common.StepRule.SEPARATOR,
];
