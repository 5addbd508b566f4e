import { errorKinds, type ErrorKind, type MathTask, type Problem } from '@sipf/tasks';
import type { Evaluation } from './evaluation.ts';

/** Where and how the paths of a model go wrong. */
export interface FirstErrors {
  readonly name: string;
  readonly paths: number;
  /** Paths in which an error was found. */
  readonly wrong: number;
  readonly byKind: Readonly<Record<ErrorKind, number>>;
  /** Wrong paths by the number of their first wrong step, from 1; the last one counts all from there on. */
  readonly byPosition: readonly number[];
}

/** Positions from this one on are counted together. */
const LAST_POSITION = 8;

/**
 * The first wrong step of every path that has one.
 * @returns undefined for a task without first errors
 */
export function firstErrors(
  task: MathTask,
  problems: ReadonlyMap<string, Problem>,
  { name, answers }: Evaluation,
): FirstErrors | undefined {
  const find = task.firstError?.bind(task);
  if (find === undefined) return undefined;
  const found = answers.flatMap(({ id, text }) => {
    const problem = problems.get(id);
    const error = problem === undefined ? undefined : find(problem, text);
    return error === undefined ? [] : [error];
  });
  const count = (kind: ErrorKind): number => found.filter((error) => error.kind === kind).length;
  const positions = found.map(({ step }) => Math.min(step + 1, LAST_POSITION));
  return {
    name,
    paths: answers.length,
    wrong: found.length,
    byKind: Object.fromEntries(errorKinds.map((kind) => [kind, count(kind)])) as Record<ErrorKind, number>,
    byPosition: Array.from(
      { length: Math.max(0, ...positions) },
      (_, at) => positions.filter((position) => position === at + 1).length,
    ),
  };
}

/** `3`, or `8+` for the last group, which counts all from there on. */
export function positionName(index: number): string {
  return index + 1 < LAST_POSITION ? String(index + 1) : `${LAST_POSITION}+`;
}
