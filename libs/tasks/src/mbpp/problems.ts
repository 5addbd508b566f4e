import { parseDataset, textFault, textsFault, type Row } from '../json-lines.ts';
import type { Problem } from '../task.ts';
import { testedName } from './tested-name.ts';

/** Parts of the dataset, by the ids of their problems (Austin et al., 2021). */
export const mbppSplits = {
  prompt: { first: 1, last: 10 },
  test: { first: 11, last: 510 },
  validation: { first: 511, last: 600 },
  train: { first: 601, last: 974 },
} as const;
export type MbppSplit = keyof typeof mbppSplits;

/** Two of three tests in order: six ways to show a problem (METHOD.md, "Tasks"). */
const shownTests = [
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 2],
  [2, 0],
  [2, 1],
] as const;

/**
 * Reads MBPP's format: a JSON object a line with `task_id`, `text`, `code`, `test_list` and perhaps `test_setup_code`. Every line
 * with three tests gives six problems, `mbpp/601/0` to `mbpp/601/5`, which show two of the tests and are judged by all.
 * @throws SipfError `invalid-argument`, reason `DATASET_INVALID`, with `file:line` for up to ten bad lines
 */
export function parseMbppProblems(text: string, sourceName: string): Problem[] {
  return parseDataset(text, sourceName, (row) => {
    const problem = parseMbppRow(row);
    return typeof problem === 'string' ? problem : problemForms(problem);
  });
}

/** The problems of a part of the dataset, in their order. */
export function mbppSplit(problems: readonly Problem[], split: MbppSplit): Problem[] {
  const { first, last } = mbppSplits[split];
  return problems.filter(({ id }) => {
    const number = Number(id.split('/')[1]);
    return first <= number && number <= last;
  });
}

/** A problem of MBPP as its file has it, with line feeds alone. */
export interface MbppRow {
  readonly taskId: number;
  readonly text: string;
  readonly code: string;
  /** What every test needs; mostly empty. */
  readonly setup: string;
  readonly tests: readonly string[];
}

/** A line's problem, or what is wrong with it. */
export function parseMbppRow(row: Row): MbppRow | string {
  const { task_id: taskId, text, code, test_list: tests, test_setup_code: setup = '' } = row;
  const fault = textFault('text', text) ?? textFault('code', code) ?? textsFault('test_list', tests);
  if (fault !== undefined) return fault;
  if (!Number.isInteger(taskId)) return 'task_id must be a whole number';
  if (typeof setup !== 'string') return 'test_setup_code must be a string';
  return {
    taskId: Number(taskId),
    text: String(text).trim(),
    code: lineFeeds(String(code)),
    setup: lineFeeds(setup),
    tests: (tests as string[]).map(lineFeeds),
  };
}

/** What runs after a program: what the tests need, then all of them. */
export function mbppTests({ setup, tests }: Pick<MbppRow, 'setup' | 'tests'>): string {
  return [...(setup.trim() === '' ? [] : [setup.trimEnd()]), ...tests].map((line) => `${line}\n`).join('');
}

function problemForms(row: MbppRow): Problem[] {
  const { taskId, text, code, tests } = row;
  const name = testedName(code, tests);
  const forms =
    tests.length < 3 ? [tests] : shownTests.map((shown) => shown.map((index) => tests[index] ?? ''));
  return forms.map((shown, form) => ({
    id: `mbpp/${taskId}/${form}`,
    question: [text, 'Tests:', ...shown, `Function name: ${name}`].join('\n'),
    answer: mbppTests(row),
    solution: code,
  }));
}

/** The dataset was written on Windows. */
function lineFeeds(text: string): string {
  return text.replaceAll('\r\n', '\n');
}
