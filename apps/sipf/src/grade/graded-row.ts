import { SipfError } from '@sipf/errors';
import { parseBenchmark, type BenchmarkProblem, type Task } from '@sipf/tasks';
import { z } from 'zod';
import { usageError } from '../usage-error.ts';
import { isObject, readCompletions, type Completions, type JsonRow } from './read-completions.ts';
import { readGold } from './read-gold.ts';

/** What completions are judged by. */
export type Judged = { readonly gold: string } | { readonly program: BenchmarkProblem };

/** A row to be graded. */
export interface GradedRow extends Completions {
  /** The row's own; undefined where it has none. */
  readonly id: string | number | undefined;
  readonly by: Judged;
  /** Of lm-eval, which writes a row of the same completion for each of its filters. */
  readonly filter: string | undefined;
}

/** Names of ids, in a row and in its problem. */
const ids = ['id', 'task_id', 'custom_id', 'question_id', 'doc_id'] as const;

/** The field that identifies a problem of a task of code. */
const testFields: Readonly<Record<string, readonly string[]>> = {
  humaneval: ['entry_point'],
  mbpp: ['test_list', 'tests'],
  programs: ['tests'],
};

/** A row of `--data` for a task; what is wrong with one is thrown and names the field. */
export function gradedRow(task: Task): z.ZodType<GradedRow> {
  return z.record(z.string(), z.unknown()).transform((row) => {
    const problem = isObject(row['doc']) ? row['doc'] : row;
    const { filter } = row;
    return {
      ...readCompletions(row, { isTextCompletion: task.domain === 'math' }),
      id: idOf(row) ?? idOf(problem),
      by: task.domain === 'math' ? { gold: goldOf(row, problem) } : { program: programOf(task, problem) },
      filter: row['resps'] !== undefined && typeof filter === 'string' ? filter : undefined,
    };
  });
}

/** The id in a row. @throws SipfError `invalid-argument` where it is neither text nor number */
export function idOf(row: JsonRow): string | number | undefined {
  const id = ids.map((name) => row[name]).find((value) => value !== undefined && value !== null);
  if (id === undefined || typeof id === 'string' || typeof id === 'number') return id;
  throw usageError('id: must be a text or a number');
}

/** lm-eval's rows have the problem's fields in `doc`, and its answer as the task writes it in `target`. */
function goldOf(row: JsonRow, problem: JsonRow): string {
  const hasOwn = problem !== row && problem['answer'] === undefined && row['target'] !== undefined;
  return readGold(hasOwn ? { target: row['target'] } : problem);
}

function programOf(task: Task, problem: JsonRow): BenchmarkProblem {
  const fields = testFields[task.name] ?? [];
  if (!fields.some((field) => problem[field] !== undefined)) {
    throw usageError(`${fields.join(', ')}: is required, with the other fields of a problem of ${task.name}`);
  }
  try {
    const [program] = parseBenchmark(JSON.stringify(problem), 'row');
    if (program !== undefined) return program;
  } catch (cause) {
    if (!(cause instanceof SipfError)) throw cause;
    throw usageError(cause.message.replace(/^row:1: /, ''), { cause });
  }
  throw new RangeError('a problem without a program');
}
