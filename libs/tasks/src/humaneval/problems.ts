import { parseDataset, textFault, type Row } from '../json-lines.ts';
import type { Problem } from '../task.ts';
import { reorderPrompt } from './reorder-prompt.ts';

/** A problem of HumanEval as its file has it. */
export interface HumanEvalProblem {
  /** E.g. `HumanEval/0`. */
  readonly taskId: string;
  /** Imports and helpers, the function's head and its docstring; a completion continues there. */
  readonly prompt: string;
  /** Defines `check(candidate)`. */
  readonly test: string;
  readonly entryPoint: string;
  readonly canonicalSolution: string | undefined;
}

/**
 * Reads HumanEval's format: a JSON object a line with `task_id`, `prompt`, `entry_point`, `test` and perhaps
 * `canonical_solution`. The question is the prompt reordered to what is asked, tests and function name, as MBPP puts it.
 * @throws SipfError `invalid-argument`, reason `DATASET_INVALID`, with `file:line` for up to ten bad lines
 */
export function parseHumanEvalProblems(text: string, sourceName: string): Problem[] {
  return parseDataset(text, sourceName, (row) => {
    const problem = parseHumanEvalRow(row);
    return typeof problem === 'string' ? problem : [toProblem(problem)];
  });
}

/** A line's problem, or what is wrong with it. */
export function parseHumanEvalRow(row: Row): HumanEvalProblem | string {
  const { task_id: taskId, prompt, test, entry_point: entryPoint, canonical_solution: solution } = row;
  const texts = { task_id: taskId, prompt, test, entry_point: entryPoint };
  for (const [field, value] of Object.entries(texts)) {
    const fault = textFault(field, value);
    if (fault !== undefined) return fault;
  }
  if (solution !== undefined && typeof solution !== 'string') return 'canonical_solution must be a string';
  const [id, shown, checked, name] = Object.values(texts).map(String) as [string, string, string, string];
  return { taskId: id, prompt: shown, test: checked, entryPoint: name, canonicalSolution: solution };
}

/** Upstream's way to test a completion: what runs after the program. */
export function humanEvalTests({ test, entryPoint }: Pick<HumanEvalProblem, 'test' | 'entryPoint'>): string {
  return `${test}\ncheck(${entryPoint})\n`;
}

function toProblem(problem: HumanEvalProblem): Problem {
  const { taskId, canonicalSolution } = problem;
  const { preamble, question, head } = reorderPrompt(problem);
  return {
    id: taskId,
    question,
    answer: humanEvalTests(problem),
    ...(canonicalSolution === undefined ? {} : { solution: `${head}${canonicalSolution}` }),
    ...(preamble === '' ? {} : { preamble }),
  };
}
