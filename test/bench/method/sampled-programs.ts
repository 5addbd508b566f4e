import { createRng, type Rng } from '@sipf/random';
import { generatePrograms, humanEvalTask, tokenisePython } from '@sipf/tasks';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root } from '../../run/step.ts';

/** A sample as de-duplication sees it. */
export interface SampledProgram {
  readonly questionId: string;
  readonly text: string;
}

/**
 * Samples like a model's: each a reference program of HumanEval (of the bundled task where that is absent) in which up to a
 * third of the names, numbers and operators are others of the same program.
 */
export function sampledPrograms(problems: number, samplesPerProblem: number): SampledProgram[] {
  const rng = createRng('bench/duplicates');
  const references = referencePrograms();
  return Array.from({ length: problems }, (_, problem) => {
    const reference = references[problem % references.length] ?? '';
    return Array.from({ length: samplesPerProblem }, (_unused, sample) => ({
      questionId: String(problem),
      text: altered(reference, rng.split(`${problem}/${sample}`)),
    }));
  }).flat();
}

function referencePrograms(): string[] {
  const path = join(root, '../shared/data/humaneval/HumanEval.jsonl.gz');
  if (!existsSync(path)) return generatePrograms({ seed: 1 }).strong.map(({ solution = '' }) => solution);
  const problems = humanEvalTask.parseProblems(
    gunzipSync(readFileSync(path)).toString(),
    'HumanEval.jsonl.gz',
  );
  return problems.map((problem) => humanEvalTask.formatTarget(problem));
}

function altered(program: string, rng: Rng): string {
  const share = rng.uniform() / 3;
  const tokens = tokenisePython(program).map(({ kind, start, end }) => ({
    kind,
    text: program.slice(start, end),
  }));
  const pool = tokens.filter(({ kind }) => kind === 'name' || kind === 'number' || kind === 'operator');
  return tokens
    .map((token) => (pool.includes(token) && rng.uniform() < share ? rng.pick(pool).text : token.text))
    .join('');
}
