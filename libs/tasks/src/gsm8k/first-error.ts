import type { FirstError } from '../first-error.ts';
import { equalNumbers, extractNumber } from '../numbers/answers.ts';
import { calculationHolds, valueOf } from '../numbers/calculation-holds.ts';
import { calculationsOf } from '../numbers/calculations.ts';
import { splitSteps } from '../steps.ts';
import type { Problem, Step } from '../task.ts';

/**
 * The first wrong step of a path: one whose calculation does not come out or, on the way to a wrong answer, the first
 * that comes to a number which the gold solution does not have. There are other right ways than the gold one, so a path
 * with the right answer is wrong only where it miscalculates, and kinds other than `calculation` are a best guess.
 * @returns undefined where nothing is found
 */
export function firstGsm8kError(problem: Problem, completion: string): FirstError | undefined {
  const steps = splitSteps(completion);
  const answer = extractNumber(completion, 'strict');
  const isRight = answer !== undefined && equalNumbers(problem.answer, answer);
  const gold = calculationsOf(problem.solution ?? '').map(valueOf);
  const isStrange = (calculation: string): boolean =>
    !isRight && gold.length > 0 && !gold.some((value) => equalNumbers(value, valueOf(calculation)));
  for (const [step, { text }] of steps.entries()) {
    const calculations = calculationsOf(text);
    if (calculations.some((one) => calculationHolds(one) === false)) return { step, kind: 'calculation' };
    if (calculations.some(isStrange)) return { step, kind: 'wrong-operand' };
  }
  if (isRight) return undefined;
  return errorAtEnd(steps, { hasAnswer: answer !== undefined, gold });
}

/** What is wrong about a path whose every calculation is one of the gold solution's. */
function errorAtEnd(
  steps: readonly Step[],
  { hasAnswer, gold }: { readonly hasAnswer: boolean; readonly gold: readonly string[] },
): FirstError {
  const last = Math.max(0, steps.length - 1);
  const reached = steps.flatMap(({ text }) => calculationsOf(text)).map(valueOf);
  if (!hasAnswer || reached.length === 0) return { step: last, kind: 'format' };
  const misses = gold.some((value) => !reached.some((other) => equalNumbers(value, other)));
  return misses ? { step: steps.length, kind: 'missing-step' } : { step: last, kind: 'final-answer' };
}
