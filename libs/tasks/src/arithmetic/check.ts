import { splitSteps } from '../steps.ts';
import type { Problem, Step, StepTruth } from '../task.ts';
import { solve, type Operation } from './story.ts';
import { understand } from './wording.ts';

/**
 * Checks every step of a completion against the story: operands, operator and value must be those of the story's
 * solution at that step; sums and products may have their operands either way round. A step after a wrong count is
 * wrong too when it uses that count. The last step includes the final-answer line, which must be right as well and
 * must not come before the solution's last calculation.
 * @throws SipfError `invalid-argument`, reason `QUESTION_INVALID`, when the question is not one of this task
 */
export function checkSteps(problem: Problem, completion: string): StepTruth {
  const expected = solve(understand(problem.question));
  const steps = splitSteps(completion);
  const labels = steps.map((step, index) => isStepRight(step, expected, index));
  const isComplete = steps.length === expected.length && /^#### /m.test(steps.at(-1)?.text ?? '');
  return { steps: labels, wholePathRight: isComplete && labels.every(Boolean) };
}

function isStepRight(step: Step, expected: readonly Operation[], index: number): boolean {
  const operation = expected[index];
  const [line = '', ...rest] = step.text.split('\n');
  if (operation === undefined || !isOperation(line, operation)) return false;
  const after = rest.join('\n').trim();
  if (after === '') return true;
  return index === expected.length - 1 && after === `#### ${operation.value}`;
}

function isOperation(line: string, operation: Operation): boolean {
  const start = startOf(line, operation);
  return start !== undefined && line.slice(start.length) === `${operation.value}>>${operation.value}`;
}

/** Whether a line calculates with the operands and the operator of an operation, whatever the result. */
export function hasOperandsOf(line: string, operation: Operation): boolean {
  return startOf(line, operation) !== undefined;
}

/** The line up to its value, where it is the operation's; sums and products may be either way round. */
function startOf(line: string, { left, operator, right }: Operation): string | undefined {
  const starts = [`<<${left}${operator}${right}=`];
  if (operator === '+' || operator === '*') starts.push(`<<${right}${operator}${left}=`);
  return starts.find((start) => line.startsWith(start));
}
