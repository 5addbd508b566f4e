import { humanEvalTests, parseHumanEvalRow, type HumanEvalProblem } from '../humaneval/problems.ts';
import { reorderPrompt } from '../humaneval/reorder-prompt.ts';
import { parseDataset, textFault, type Row } from '../json-lines.ts';
import { mbppTests, parseMbppRow } from '../mbpp/problems.ts';
import { extractProgram, namesIn } from '../python/extract-program.ts';
import type { TestedProgram } from '../task.ts';

/** How a sample's completion is read. */
interface CompletionReading {
  /** Whether it is a model's text, from which the program is taken out first, rather than bare code. */
  readonly isModelText: boolean;
}

/** A problem of a benchmark as samples refer to it. */
export interface BenchmarkProblem {
  /** Its `task_id`, as text. */
  readonly id: string;
  /** The program that a completion makes, with the tests of the problem. */
  program(completion: string, reading: CompletionReading): TestedProgram;
}

/**
 * Reads the problems of HumanEval, of MBPP, or of the bundled task's format; each line may be of another one.
 * @throws SipfError `invalid-argument`, reason `DATASET_INVALID`, with `file:line` for up to ten bad lines
 */
export function parseBenchmark(text: string, sourceName: string): BenchmarkProblem[] {
  return parseDataset(text, sourceName, (row, defaultId) => {
    const problem = parseRow(row, defaultId);
    return typeof problem === 'string' ? problem : [problem];
  });
}

function parseRow(row: Row, defaultId: string): BenchmarkProblem | string {
  if ('entry_point' in row) return map(parseHumanEvalRow(row), humanEvalProblem);
  if ('test_list' in row) {
    return map(parseMbppRow(row), (problem) => testedAlone(String(problem.taskId), mbppTests(problem)));
  }
  const { id = defaultId, tests, preamble = '' } = row;
  const fault = textFault('tests', tests) ?? textFault('id', id);
  if (fault !== undefined) return `${fault}; neither HumanEval's format nor MBPP's`;
  return testedAlone(String(id), String(tests), String(preamble));
}

function map<T, R>(value: T | string, make: (value: T) => R): R | string {
  return typeof value === 'string' ? value : make(value);
}

/** A problem whose completion is the whole program. */
function testedAlone(id: string, tests: string, preamble = ''): BenchmarkProblem {
  const program = (completion: string, { isModelText }: CompletionReading): TestedProgram => {
    const code = isModelText ? extractProgram(completion, namesIn(tests)) : `${completion}\n`;
    return { code: `${preamble}${code}`, tests };
  };
  return { id, program };
}

/** A completion continues the prompt, as upstream reads it; a model's text may also define the whole function again. */
function humanEvalProblem(problem: HumanEvalProblem): BenchmarkProblem {
  const { taskId, prompt, entryPoint } = problem;
  const tests = humanEvalTests(problem);
  const { preamble } = reorderPrompt(problem);
  const program = (completion: string, { isModelText }: CompletionReading): TestedProgram => {
    const upstream = { code: `${prompt}${completion}\n`, tests };
    if (!isModelText) return upstream;
    const code = extractProgram(completion, new Set([entryPoint]));
    const definesAll = new RegExp(`^(?:async[ \\t]+)?def[ \\t]+${entryPoint}\\b`, 'm').test(code);
    return definesAll ? { code: `${preamble}${code}`, tests } : { code: `${prompt}${code}`, tests };
  };
  return { id: taskId, program };
}
