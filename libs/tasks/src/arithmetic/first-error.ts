import type { ErrorKind, FirstError } from '../first-error.ts';
import { splitSteps } from '../steps.ts';
import type { Problem } from '../task.ts';
import { checkSteps, hasOperandsOf } from './check.ts';
import { solve, type Operation } from './story.ts';
import { understand } from './wording.ts';

const OPERATION = /^<<(\d+)(\+|-|\*|\/\/)(\d+)=-?\d+>>-?\d+$/;

/**
 * The first wrong step and what is wrong about it, exactly, by the story's only solution.
 * @returns undefined for a path whose every step is right, none missing
 * @throws SipfError `invalid-argument`, reason `QUESTION_INVALID`, when the question is not one of this task
 */
export function firstArithmeticError(problem: Problem, completion: string): FirstError | undefined {
  const expected = solve(understand(problem.question));
  const steps = splitSteps(completion);
  const { steps: labels, wholePathRight } = checkSteps(problem, completion);
  if (wholePathRight) return undefined;
  const step = labels.indexOf(false);
  if (step !== -1) return { step, kind: kindOf(steps[step]?.text ?? '', expected, step) };
  // Every step is right, so the path ends too early, or without its answer.
  if (steps.length === 0) return { step: 0, kind: 'format' };
  return steps.length < expected.length
    ? { step: steps.length, kind: 'missing-step' }
    : { step: steps.length - 1, kind: 'format' };
}

function kindOf(text: string, expected: readonly Operation[], index: number): ErrorKind {
  const [line = '', ...rest] = text.split('\n');
  const parts = OPERATION.exec(line);
  const operation = expected[index];
  if (parts === null) return 'format';
  if (operation === undefined) return 'extra-step';
  if (!hasOperandsOf(line, operation)) {
    return isLater(parts, expected.slice(index)) ? 'missing-step' : 'wrong-operand';
  }
  if (!line.endsWith(`=${operation.value}>>${operation.value}`)) return 'calculation';
  if (index < expected.length - 1) return 'missing-step';
  return rest.join('\n').trimStart().startsWith('#### ') ? 'final-answer' : 'format';
}

/** Whether it does what a later step of the solution does, to the count at this step or at its own. */
function isLater(parts: RegExpExecArray, [current, ...later]: readonly Operation[]): boolean {
  const [, left, operator, right] = parts;
  return later.some(
    (operation) =>
      operator === operation.operator &&
      Number(right) === operation.right &&
      [current?.left, operation.left].includes(Number(left)),
  );
}
