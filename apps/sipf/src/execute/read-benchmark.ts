import { parseBenchmark, type BenchmarkProblem } from '@sipf/tasks';
import { basename } from 'node:path';
import { z } from 'zod';
import { readText } from '../files/read-text.ts';
import type { Terminal } from '../terminal.ts';

/** Problems by their `task_id`, as text. */
export type Benchmark = ReadonlyMap<string, BenchmarkProblem>;

/** Reads `--problems`. @throws SipfError `invalid-argument` that names `file:line` */
export async function readBenchmark(path: string, { stdin }: Pick<Terminal, 'stdin'>): Promise<Benchmark> {
  const text = await readText(path, { flag: '--problems', stdin });
  const problems = parseBenchmark(text, path === '-' ? 'standard input' : basename(path));
  return new Map(problems.map((problem) => [problem.id, problem]));
}

/** A sample; whatever else its row holds is kept. */
export interface Sample {
  readonly task_id: string | number;
  readonly completion: string;
}

/** A row of `--samples`, whose problem must be known. */
export function sampleRow(problems: Benchmark): z.ZodType<Sample> {
  const id = z.union([z.string(), z.int()], 'must be a text or a whole number');
  return z.looseObject({
    task_id: id.refine((value) => problems.has(String(value)), 'is no problem of --problems'),
    completion: z.string(),
  });
}
