import { parseDataset, textFault, type Row } from '../json-lines.ts';
import type { Problem } from '../task.ts';

/**
 * Reads problems of programs: a JSON object a line with `question` and `tests`, and perhaps `id`, `program` (a solution) and
 * `preamble` (code that stands before the program when it is tested).
 * @throws SipfError `invalid-argument`, reason `DATASET_INVALID`, with `file:line` for up to ten bad lines
 */
export function parseCodeProblems(text: string, sourceName: string): Problem[] {
  return parseDataset(text, sourceName, parseRow);
}

/** Writes problems so that {@link parseCodeProblems} reads them back. */
export function formatCodeProblems(problems: readonly Problem[]): string {
  return problems
    .map(({ id, question, answer, solution, preamble }) => {
      const row = { id, question, tests: answer, program: solution, preamble };
      return `${JSON.stringify(row)}\n`;
    })
    .join('');
}

function parseRow(row: Row, defaultId: string): readonly Problem[] | string {
  const { id = defaultId, question, tests, program, preamble } = row;
  const optional = Object.entries({ program, preamble }).filter(([, value]) => value !== undefined);
  const fields: [string, unknown][] = [['question', question], ['tests', tests], ['id', id], ...optional];
  for (const [field, value] of fields) {
    const fault = textFault(field, value);
    if (fault !== undefined) return fault;
  }
  const problem = { id: String(id), question: String(question), answer: String(tests) };
  const solution = typeof program === 'string' ? { solution: program } : {};
  return [{ ...problem, ...solution, ...(typeof preamble === 'string' ? { preamble } : {}) }];
}
