import { executeBounds } from '@sipf/contracts';
import { parseBenchmark, type BenchmarkProblem } from '@sipf/tasks';
import { basename } from 'node:path';
import { z } from 'zod';
import { readText } from '../files/read-text.ts';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage-error.ts';

/** Problems by their `task_id`, as text. */
export type Benchmark = ReadonlyMap<string, BenchmarkProblem>;

/** Reads `--problems`. @throws SipfError `invalid-argument` that names `file:line` */
export async function readBenchmark(path: string, { stdin }: Pick<Terminal, 'stdin'>): Promise<Benchmark> {
  const text = await readText(path, { flag: '--problems', stdin });
  const problems = parseBenchmark(text, path === '-' ? 'standard input' : basename(path));
  for (const problem of problems) checkTests(problem, path);
  return new Map(problems.map((problem) => [problem.id, problem]));
}

/** What the service refuses for every sample is said before anything is started. */
function checkTests(problem: BenchmarkProblem, path: string): void {
  const { length } = problem.program('', { isModelText: false }).tests;
  const most = executeBounds.testsCharacters;
  if (length <= most) return;
  throw usageError(
    `${path}: tests of problem ${problem.id} have ${length} characters, at most ${most} are run`,
  );
}

/** A row of samples as it came; whatever else it holds is kept. */
export interface Sample {
  readonly task_id?: unknown;
  readonly completion?: unknown;
}

/** A row of `--samples`: any object, since one bad sample among others is a verdict on that one. */
export const sampleRow: z.ZodType<Sample> = z.looseObject({});

/** A sample that can be run: its problem and its completion. */
export interface RunnableSample {
  readonly problem: BenchmarkProblem;
  readonly completion: string;
}

/** The sample, or why it cannot be run. */
export function runnable({ task_id: id, completion }: Sample, problems: Benchmark): RunnableSample | string {
  if (typeof id !== 'string' && !Number.isInteger(id)) {
    return `task_id must be a text or a whole number, is ${kindOf(id)}`;
  }
  const problem = problems.get(String(id));
  if (problem === undefined) return `task_id ${JSON.stringify(id)} is not a problem of --problems`;
  if (typeof completion === 'string') {
    // On its way to the service such a text would become another one.
    if (completion.isWellFormed()) return { problem, completion };
    return 'completion holds half of a surrogate pair, which is not a character';
  }
  return `completion must be a text, is ${kindOf(completion)}`;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
