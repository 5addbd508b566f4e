import { SipfError, type FieldViolation } from '@sipf/errors';
import { parse } from 'csv-parse/sync';
import { parseNumber } from '../numbers/parse-number.ts';
import type { Problem } from '../task.ts';

/** The choices' columns; `answer` is the right one's index. */
const choices = ['choice0', 'choice1', 'choice2', 'choice3'] as const;

/** Bad rows listed in one error. */
const maxViolations = 10;

/**
 * A number in digits and nothing else: `-7`, `1,395`, `0.5`. Of the rules of its kind (with money, percent, fractions, or
 * MMLU's typographic minus: 295 to 403) this one leaves the paper's 354 of the test files' questions. One of them is no
 * number but a list, `2,2,4`, and goes: 353 stay.
 */
const plainNumber = /^-?\d[\d,]*(?:\.\d+)?$/;

/** A row's question and right choice. */
interface Question {
  readonly question: string;
  readonly answer: string;
}

/**
 * Reads a file of MMLU (columns `question`, `choice0` to `choice3`, `answer`) and keeps the questions whose right choice
 * is a plain number, to be asked open-ended (METHOD.md, MMLU_Math). Ids are the file's name and the row's number.
 * @throws SipfError `invalid-argument`, reason `DATASET_INVALID`, with `file: row` for up to ten bad rows
 */
export function parseMmluProblems(text: string, sourceName: string): Problem[] {
  const name = sourceName.replace(/\.[^.]*$/, '');
  return readRows(text, sourceName).flatMap(({ question, answer }, index) => {
    if (!plainNumber.test(answer) || parseNumber(answer) === undefined) return [];
    return [{ id: `${name}/${index + 1}`, question, answer }];
  });
}

function readRows(text: string, sourceName: string): Question[] {
  const rows = parseCsv(text, sourceName);
  const violations: FieldViolation[] = [];
  const questions = rows.flatMap((row, index) => {
    const found = toQuestion(row);
    if (typeof found !== 'string') return [found];
    violations.push({ field: `${sourceName}: row ${index + 1}`, description: found });
    return [];
  });
  if (rows.length === 0) violations.push({ field: sourceName, description: 'the dataset holds no problem' });
  if (violations.length > 0) throw invalid(violations.slice(0, maxViolations));
  return questions;
}

function parseCsv(text: string, sourceName: string): Record<string, string | undefined>[] {
  try {
    return parse(text, { columns: true, bom: true, skip_empty_lines: true });
  } catch (cause) {
    throw invalid([{ field: sourceName, description: `is not CSV: ${(cause as Error).message}` }]);
  }
}

function toQuestion(row: Record<string, string | undefined>): Question | string {
  const { question = '', answer = '' } = row;
  if (question.trim() === '') return 'question is missing';
  const column = /^[0-3]$/.test(answer) ? choices[Number(answer)] : undefined;
  if (column === undefined) return `answer must be 0, 1, 2 or 3, got ${JSON.stringify(answer)}`;
  const choice = row[column]?.trim() ?? '';
  return choice === '' ? `${column} is missing` : { question: question.trim(), answer: choice };
}

function invalid(violations: readonly FieldViolation[]): SipfError {
  const lines = violations.map(({ field, description }) => `${field}: ${description}`);
  return new SipfError('invalid-argument', lines.join('; '), { reason: 'DATASET_INVALID', violations });
}
