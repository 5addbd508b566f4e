import { parseGsm8kProblems } from '../gsm8k/problems.ts';
import { formatSolution, isNumberCorrect } from '../gsm8k/task.ts';
import { extractNumber } from '../numbers/answers.ts';
import { calculationsOf } from '../numbers/calculations.ts';
import { splitSteps } from '../steps.ts';
import type { MathTask, PromptStyle } from '../task.ts';
import { checkSteps } from './check.ts';
import { firstArithmeticError } from './first-error.ts';

/**
 * The bundled task (RECIPE.md): generated stories in GSM8K's format whose every step can be checked exactly. A prompt is
 * the question and a line break; worked examples are put before it, each ended by a blank line.
 */
export const arithmeticTask: MathTask = {
  name: 'arithmetic',
  domain: 'math',
  parseProblems: parseGsm8kProblems,
  prompt: (problem, style) => `${shownBefore(style)}${problem.question}\n`,
  formatTarget: formatSolution,
  splitSteps,
  extractAnswer: extractNumber,
  isCorrect: isNumberCorrect,
  calculations: calculationsOf,
  stopStrings: (style) => (style.kind === 'zero-shot' ? [] : ['\n\n']),
  stepTruth: checkSteps,
  firstError: firstArithmeticError,
};

function shownBefore(style: PromptStyle): string {
  if (style.kind === 'zero-shot') return '';
  return style.exemplars.map((exemplar) => `${exemplar.question}\n${exemplar.target}\n\n`).join('');
}
