import { shareRight, type GradedAnswer, type ShareRight } from './accuracies.ts';
import type { Verdict } from './verdicts.ts';

/** What a file of rows came to. */
export interface GradeFigures {
  readonly rows: number;
  readonly completions: number;
  /** Completions that could not be judged, either way; they count in no share. */
  readonly unknown: number;
  /** Undefined where nothing could be judged. */
  readonly strict: ShareRight | undefined;
  readonly flexible: ShareRight | undefined;
}

/** Counts verdicts by their problems. */
export class GradeTally {
  readonly #strict: GradedAnswer[] = [];
  readonly #flexible: GradedAnswer[] = [];
  #rows = 0;
  #unknown = 0;

  add(problem: string | number, verdicts: readonly Verdict[]): void {
    this.#rows++;
    for (const { strict, flexible } of verdicts) {
      this.#strict.push({ problem: String(problem), isRight: strict });
      this.#flexible.push({ problem: String(problem), isRight: flexible });
      if (strict === null || flexible === null) this.#unknown++;
    }
  }

  /** A row whose completion, one at the least, could not be read. */
  addUnread(problem: string | number): void {
    this.add(problem, [{ read: null, strict: null, flexible: null }]);
  }

  /** In a few words, for the screen. */
  progress(): string {
    const right = (answers: readonly GradedAnswer[]): number =>
      answers.filter(({ isRight }) => isRight === true).length;
    return `${this.#rows} rows graded, right ${right(this.#strict)} strictly and ${right(this.#flexible)} flexibly`;
  }

  figures(): GradeFigures {
    return {
      rows: this.#rows,
      completions: this.#strict.length,
      unknown: this.#unknown,
      strict: shareRight(this.#strict),
      flexible: shareRight(this.#flexible),
    };
  }
}
