import { parseDataset, textFault, type Row } from '../json-lines.ts';
import { parseNumber } from '../numbers/parse-number.ts';
import type { Problem } from '../task.ts';

/**
 * Reads GSM8K's format: a JSON object a line with `question` and `answer`, the answer being the solution's lines and
 * a last line `#### 72`; `id` is optional and defaults to the file's name and the line number. A solution may be absent.
 * Blank lines are skipped.
 * @throws SipfError `invalid-argument`, reason `DATASET_INVALID`, with `file:line` for up to ten bad lines
 */
export function parseGsm8kProblems(text: string, sourceName: string): Problem[] {
  return parseDataset(text, sourceName, parseRow);
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
function parseRow(row: Row, defaultId: string): readonly Problem[] | string {
  const { id = defaultId, question, answer } = row;
  const fault = textFault('question', question) ?? textFault('answer', answer) ?? textFault('id', id);
  if (fault !== undefined) return fault;
  const problem = parseAnswer(String(id), String(question), String(answer));
  return typeof problem === 'string' ? problem : [problem];
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
