/** What a model answered to the test questions. */
export interface Evaluation {
  /** The stage that asked. */
  readonly stage: string;
  /** The model's name in the results, e.g. `SIPF 2`. */
  readonly name: string;
  readonly iteration: number;
  readonly answers: readonly Answer[];
}

/** One answer. */
export interface Answer {
  /** Of the question. */
  readonly id: string;
  /** Undefined where it could not be judged. */
  readonly correct: boolean | undefined;
  readonly text: string;
}
