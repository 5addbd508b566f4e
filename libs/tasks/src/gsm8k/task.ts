import { SipfError } from '@sipf/errors';
import { fewShotPrompt } from '../few-shot.ts';
import { equalNumbers, extractNumber } from '../numbers/answers.ts';
import { calculationsOf } from '../numbers/calculations.ts';
import { splitSteps } from '../steps.ts';
import type { MathTask, Problem, PromptStyle } from '../task.ts';
import { firstGsm8kError } from './first-error.ts';
import { parseGsm8kProblems } from './problems.ts';

/** Grade-school word problems (Cobbe et al., 2021): solutions of lines with `<<48/2=24>>` marks, then `#### 72`. */
export const gsm8kTask: MathTask = {
  name: 'gsm8k',
  domain: 'math',
  parseProblems: parseGsm8kProblems,
  prompt: (problem, style) =>
    style.kind === 'zero-shot'
      ? `Question: ${problem.question}\nAnswer:\n`
      : fewShotPrompt(problem.question, style),
  formatTarget: formatSolution,
  splitSteps,
  extractAnswer: extractNumber,
  isCorrect: isNumberCorrect,
  calculations: calculationsOf,
  firstError: firstGsm8kError,
  stopStrings: (style: PromptStyle) =>
    style.kind === 'zero-shot' ? ['\nQuestion:'] : [...style.stopStrings],
};

/**
 * The solution's lines and the final-answer line.
 * @throws SipfError `failed-precondition`, reason `SOLUTION_MISSING`
 */
export function formatSolution(problem: Problem): string {
  if (problem.solution === undefined) {
    throw new SipfError('failed-precondition', `problem ${problem.id} has no solution to imitate`, {
      reason: 'SOLUTION_MISSING',
    });
  }
  return `${problem.solution}\n#### ${problem.answer}`;
}

/** Whether an answer is exactly the gold number. */
export function isNumberCorrect(problem: Problem, answer: string | undefined): boolean {
  return answer !== undefined && equalNumbers(problem.answer, answer);
}
