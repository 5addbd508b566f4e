import { createRng } from '@sipf/random';
import type { Problem } from './task.ts';

/** How the problems of files are shared out. */
interface FileSplitSettings {
  readonly seed: number;
  /** Training problems that are kept out of training and loop, to choose settings by. */
  readonly validationQuestions: number;
  /** Bounds; all of them where absent. */
  readonly trainProblems?: number | undefined;
  readonly loopQuestions?: number | undefined;
  readonly testQuestions?: number | undefined;
}

/** Problems by what they are for: D_0 with solutions, the loop's questions, the test, and what is kept out of the first two. */
export type FileSplits = Readonly<Record<'train' | 'loop' | 'test' | 'validation', readonly Problem[]>>;

/** The shares of a training and a test file that a run with a seed uses. */
export function fileSplits(
  { train, test }: { readonly train: readonly Problem[]; readonly test: readonly Problem[] },
  { seed, validationQuestions, trainProblems, loopQuestions, testQuestions }: FileSplitSettings,
): FileSplits {
  const { kept, held } = holdOut(train, validationQuestions, seed);
  return {
    train: subset(kept, trainProblems, seed, 'train'),
    // The paper samples on the training questions: their solutions are M_0's, their answers the loop's.
    loop: subset(kept, loopQuestions, seed, 'loop'),
    test: subset(test, testQuestions, seed, 'test'),
    validation: held,
  };
}

/** Takes training problems away to choose settings by; one that is shown in several forms goes as a whole. */
function holdOut(
  problems: readonly Problem[],
  questions: number,
  seed: number,
): { readonly kept: readonly Problem[]; readonly held: readonly Problem[] } {
  const groups = [...new Set(problems.map(baseId))];
  const shuffled = createRng(seed).split('subset/validation').shuffle(groups);
  const held = new Set<string>();
  let count = 0;
  for (const group of shuffled) {
    if (count >= questions) break;
    held.add(group);
    count += problems.filter((problem) => baseId(problem) === group).length;
  }
  const isHeld = (problem: Problem): boolean => held.has(baseId(problem));
  return {
    kept: problems.filter((problem) => !isHeld(problem)),
    held: problems.filter(isHeld).slice(0, questions),
  };
}

/** `mbpp/601/4` is a form of `mbpp/601`; other problems have one form. */
function baseId({ id }: Problem): string {
  return /^(mbpp\/\d+)\/\d$/.exec(id)?.[1] ?? id;
}

/** A seeded choice in the dataset's own order; all of it where no size is given. */
function subset(
  problems: readonly Problem[],
  size: number | undefined,
  seed: number,
  label: string,
): readonly Problem[] {
  if (size === undefined || size >= problems.length) return problems;
  const chosen = new Set(createRng(seed).split(`subset/${label}`).shuffle(problems).slice(0, size));
  return problems.filter((problem) => chosen.has(problem));
}
