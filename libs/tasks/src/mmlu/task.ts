import { gsm8kTask } from '../gsm8k/task.ts';
import type { MathTask } from '../task.ts';
import { parseMmluProblems } from './problems.ts';

/** MMLU_Math, out of domain: mathematics questions whose right choice is a number, asked open-ended as GSM8K's are. */
export const mmluMathTask: MathTask = { ...gsm8kTask, name: 'mmlu-math', parseProblems: parseMmluProblems };
