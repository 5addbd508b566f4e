import { plainNumber } from '@sipf/tasks';
import { usageError } from '../usage-error.ts';
import { isObject, type JsonRow } from './read-completions.ts';

/** Names that can only be the gold answer's; `answer` is a model's own in some rows that have one of them too. */
const names = [
  'gold',
  'gold_answer',
  'ground_truth',
  'expected_answer',
  'reference_answer',
  'target',
] as const;

/**
 * The gold answer of a problem of mathematics: of GSM8K's `answer` what follows `####`, of MMLU the right one of its choices.
 * @throws SipfError `invalid-argument` that names the field
 */
export function readGold(problem: JsonRow): string {
  const found = names.flatMap((name) =>
    problem[name] === undefined ? [] : [[name, numberIn(name, problem[name])] as const],
  );
  const [first, ...others] = found;
  if (first === undefined) return rightChoice(problem) ?? numberIn('answer', problem['answer']);
  const other = others.find(([, gold]) => plainNumber(gold) !== plainNumber(first[1]));
  if (other !== undefined)
    throw usageError(`${first[0]}, ${other[0]}: are different answers; which one is right?`);
  return first[1];
}

function rightChoice(problem: JsonRow): string | undefined {
  const choices = Array.isArray(problem['choices']) ? (problem['choices'] as unknown[]) : undefined;
  // Of OpenAI's servers they are what a model wrote.
  const listed = isObject(choices?.[0]) ? undefined : choices;
  if (listed === undefined && problem['choice0'] === undefined) return undefined;
  const index = Number(problem['answer']);
  const choice = Number.isInteger(index) ? (listed?.[index] ?? problem[`choice${index}`]) : undefined;
  if (choice === undefined) throw usageError('answer: must be the number of a choice, from 0');
  return numberIn(listed === undefined ? `choice${index}` : `choices.${index}`, choice);
}

function numberIn(field: string, value: unknown): string {
  if (value === undefined)
    throw usageError(`${field}: is required: a number, or a solution that ends in "#### <number>"`);
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw usageError(`${field}: ${value} is too large to be exact as a JSON number; write it as a text`);
  }
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') throw usageError(`${field}: must be a number or a text`);
  const gold = text
    .slice(text.lastIndexOf('####') + 1)
    .replace(/^#+/, '')
    .trim();
  if (plainNumber(gold) !== undefined) return gold;
  throw usageError(
    `${field}: ${JSON.stringify(gold.slice(-80))} is not a number, nor a solution that ends in "#### <number>"`,
  );
}
