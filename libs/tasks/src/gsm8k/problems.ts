import { SipfError, type FieldViolation } from '@sipf/errors';
import { parseNumber } from '../numbers/parse-number.ts';
import type { Problem } from '../task.ts';

/** Bad lines listed in one error. */
const maxViolations = 10;

/**
 * Reads GSM8K's format: a JSON object a line with `question` and `answer`, the answer being the solution's lines and
 * a last line `#### 72`; `id` is optional and defaults to the file's name and the line number. A solution may be absent.
 * Blank lines are skipped.
 * @throws SipfError `invalid-argument`, reason `DATASET_INVALID`, with `file:line` for up to ten bad lines
 */
export function parseGsm8kProblems(text: string, sourceName: string): Problem[] {
  const violations: FieldViolation[] = [];
  const problems: Problem[] = [];
  const ids = new Map<string, number>();
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    const problem = parseLine(line, `${stem(sourceName)}/${index + 1}`);
    const fault = typeof problem === 'string' ? problem : duplicateFault(problem.id, index + 1, ids);
    if (fault !== undefined) violations.push({ field: `${sourceName}:${index + 1}`, description: fault });
    else if (typeof problem !== 'string') problems.push(problem);
    if (violations.length === maxViolations) break;
  }
  if (problems.length === 0 && violations.length === 0) {
    violations.push({ field: `${sourceName}:1`, description: 'the dataset holds no problem' });
  }
  if (violations.length > 0) throw datasetError(violations);
  return problems;
}

/** Writes problems so that {@link parseGsm8kProblems} reads them back. */
export function formatGsm8kProblems(problems: readonly Problem[]): string {
  return problems
    .map((problem) => {
      const solution = problem.solution === undefined ? '' : `${problem.solution}\n`;
      const row = { id: problem.id, question: problem.question, answer: `${solution}#### ${problem.answer}` };
      return `${JSON.stringify(row)}\n`;
    })
    .join('');
}

/** The problem of a line, or what is wrong with it. */
function parseLine(line: string, defaultId: string): Problem | string {
  const row = parseJson(line);
  if (row === undefined) return 'not JSON';
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return 'must be a JSON object';
  const { id = defaultId, question, answer } = row as Record<string, unknown>;
  const fault = textFault('question', question) ?? textFault('answer', answer) ?? textFault('id', id);
  if (fault !== undefined) return fault;
  return parseAnswer(String(id), String(question), String(answer));
}

function parseAnswer(id: string, question: string, text: string): Problem | string {
  const lines = text.replaceAll('\r\n', '\n').trimEnd().split('\n');
  const last = lines.at(-1) ?? '';
  if (!last.startsWith('####')) return 'answer must end with a line "#### <number>"';
  const answer = last.slice('####'.length).trim();
  const solution = lines.slice(0, -1).join('\n');
  if (parseNumber(answer) === undefined)
    return `final answer is not a number: ${JSON.stringify(answer.slice(0, 80))}`;
  const problem = { id, question, answer };
  return solution.trim() === '' ? problem : { ...problem, solution };
}

function textFault(field: string, value: unknown): string | undefined {
  if (value === undefined) return `${field} is missing`;
  if (typeof value !== 'string')
    return `${field} must be a string, got ${value === null ? 'null' : typeof value}`;
  return value.trim() === '' ? `${field} is empty` : undefined;
}

function duplicateFault(id: string, line: number, ids: Map<string, number>): string | undefined {
  const first = ids.get(id);
  if (first !== undefined) return `id ${JSON.stringify(id)} is already that of line ${first}`;
  ids.set(id, line);
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function stem(sourceName: string): string {
  return sourceName.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, '');
}

function datasetError(violations: readonly FieldViolation[]): SipfError {
  const lines = violations.map(({ field, description }) => `${field}: ${description}`);
  return new SipfError('invalid-argument', lines.join('; '), { reason: 'DATASET_INVALID', violations });
}
