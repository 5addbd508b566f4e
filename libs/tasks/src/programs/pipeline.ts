import type { Operation, Reduction } from './operations.ts';

/** What a problem asks for: what is done to the list, the number made of it, and what becomes of a large number. */
export interface Pipeline {
  /** In the order in which they are done; the question names the last one first. */
  readonly stages: readonly { readonly operation: Operation; readonly k: number }[];
  readonly reduction: Reduction;
  /** A result over `over` is lowered by `by`. */
  readonly tail?: { readonly over: number; readonly by: number };
}

/** E.g. `Return the sum of the squares of the first 3 of xs, less 4 if over 20.` */
export function describePipeline({ stages, reduction, tail }: Pipeline): string {
  const named = stages.map(({ operation, k }) => operation.phrase(k)).reverse();
  const condition = tail === undefined ? '' : `, less ${tail.by} if over ${tail.over}`;
  return `Return the ${[reduction.phrase, ...named].join(' of the ')} of xs${condition}.`;
}

/** The program, a statement a line but for the condition. */
export function writePipeline({ stages, reduction, tail }: Pipeline): string {
  const changes = stages.map(({ operation, k }) => `    xs = ${operation.code(k)}`);
  const end =
    tail === undefined
      ? [`    return ${reduction.code}`]
      : [
          `    n = ${reduction.code}`,
          `    if n > ${tail.over}:`,
          `        n = n - ${tail.by}`,
          '    return n',
        ];
  return ['def f(xs):', ...changes, ...end].map((line) => `${line}\n`).join('');
}

/** What the program returns, as CPython would; undefined where it raises. */
export function runPipeline(
  { stages, reduction, tail }: Pipeline,
  xs: readonly number[],
): number | undefined {
  const last = stages.reduce((list, { operation, k }) => operation.apply(list, k), [...xs]);
  const result = reduction.apply(last);
  if (result === undefined || tail === undefined || result <= tail.over) return result;
  return result - tail.by;
}
