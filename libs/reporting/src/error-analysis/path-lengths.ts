import { mean } from '@sipf/method';
import type { Step } from '@sipf/tasks';
import type { Answer, Evaluation } from './evaluation.ts';

/** How long the paths of a model are, in steps. */
export interface PathLengths {
  readonly name: string;
  readonly mean: number;
  readonly meanOfRight: number | undefined;
  readonly meanOfWrong: number | undefined;
  readonly shortest: LengthExample;
  readonly longest: LengthExample;
}

/** A path of an extreme length. */
export interface LengthExample {
  readonly id: string;
  readonly steps: number;
  readonly correct: boolean | undefined;
  readonly text: string;
}

/** @returns undefined where nothing was answered */
export function pathLengths(
  splitSteps: (text: string) => readonly Step[],
  { name, answers }: Evaluation,
): PathLengths | undefined {
  const measured = answers.map((answer) => ({ answer, steps: splitSteps(answer.text).length }));
  const [first] = measured;
  if (first === undefined) return undefined;
  const lengths = (which: (answer: Answer) => boolean): number[] =>
    measured.filter(({ answer }) => which(answer)).map(({ steps }) => steps);
  const best = (isBetter: (a: number, b: number) => boolean): Measured =>
    measured.reduce((found, one) => (isBetter(one.steps, found.steps) ? one : found), first);
  return {
    name,
    mean: average(lengths(() => true)) ?? 0,
    meanOfRight: average(lengths(({ correct }) => correct === true)),
    meanOfWrong: average(lengths(({ correct }) => correct === false)),
    shortest: exampleOf(best((a, b) => a < b)),
    longest: exampleOf(best((a, b) => a > b)),
  };
}

interface Measured {
  readonly answer: Answer;
  readonly steps: number;
}

function exampleOf({ answer: { id, correct, text }, steps }: Measured): LengthExample {
  return { id, steps, correct, text };
}

function average(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : mean(values);
}
