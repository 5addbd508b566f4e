import type { Rng } from '@sipf/random';

/** A path of words, a word a token of {@link WORDS}' tokenizer. */
export interface RaggedPath {
  readonly question: string;
  readonly steps: readonly string[];
}

/** The vocabulary of the benchmark's texts. */
export const WORDS: readonly string[] = Array.from({ length: 500 }, (_, word) => `w${word}`);

/** Numbers of steps, each as often among the others as among GSM8K's solutions. */
const STEP_COUNTS = [2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 6, 7, 8];

/**
 * Paths as long as GSM8K's: questions of about 55 tokens, 2 to 8 steps of about 27, log-normal both, so that a path has
 * 60 to 400 tokens.
 * @param each paths of a question, one after the other
 */
export function raggedPaths(count: number, rng: Rng, each = 1): RaggedPath[] {
  let question = '';
  return Array.from({ length: count }, (_, index) => {
    if (index % each === 0) question = text(rng, length(rng, { median: 55, spread: 0.38 }));
    const steps = Array.from({ length: rng.pick(STEP_COUNTS) }, () =>
      text(rng, length(rng, { median: 27, spread: 0.4 })),
    );
    return { question, steps };
  });
}

function length(rng: Rng, { median, spread }: { readonly median: number; readonly spread: number }): number {
  return Math.max(4, Math.min(4 * median, Math.round(median * Math.exp(spread * rng.normal()))));
}

function text(rng: Rng, words: number): string {
  return Array.from({ length: words }, () => rng.pick(WORDS)).join(' ');
}
