import { mean, passAtK } from '@sipf/method';
import type { SampleVerdict } from './verdict-journal.ts';

/** Figures over all samples. */
export interface ExecutionFigures {
  readonly problems: number;
  readonly samples: number;
  readonly passed: number;
  /** Samples whose sandbox broke; they count nowhere else. */
  readonly unknown: number;
  /** Samples of no problem; they count nowhere else. */
  readonly foreign: number;
  /** Mean over the problems of the unbiased estimate, for every k that all of them have samples for. */
  readonly passAtK: Readonly<Record<string, number>>;
}

/** Counts samples by their problems. */
export class Tally {
  readonly #counts = new Map<string, { samples: number; passed: number }>();
  #unknown = 0;
  #foreign = 0;

  /** @param problem undefined for a sample of no problem */
  add(problem: string | undefined, { passed }: SampleVerdict): void {
    if (problem === undefined) {
      this.#foreign++;
      return;
    }
    if (passed === null) {
      this.#unknown++;
      return;
    }
    const count = this.#counts.get(problem) ?? { samples: 0, passed: 0 };
    this.#counts.set(problem, count);
    count.samples++;
    if (passed) count.passed++;
  }

  /** @param ks the numbers of samples k to estimate Pass@k for */
  figures(ks: readonly number[]): ExecutionFigures {
    const counts = [...this.#counts.values()];
    const judged = sum(counts.map(({ samples }) => samples));
    const fewest = Math.min(...counts.map(({ samples }) => samples));
    const estimates = ks
      .filter((k) => counts.length > 0 && k <= fewest)
      .map((k) => [String(k), mean(counts.map(({ samples, passed }) => passAtK(samples, passed, k)))]);
    return {
      problems: counts.length,
      samples: judged + this.#unknown + this.#foreign,
      passed: sum(counts.map(({ passed }) => passed)),
      unknown: this.#unknown,
      foreign: this.#foreign,
      passAtK: Object.fromEntries(estimates) as Record<string, number>,
    };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
