/** One question with its gold answer. */
export interface Problem {
  /** Unique in its dataset, e.g. `test/17`. */
  readonly id: string;
  readonly question: string;
  /** The gold answer as written, e.g. `1,000` or `72`. */
  readonly answer: string;
  /** The worked solution without its final-answer line; absent where only the answer is known. */
  readonly solution?: string;
}

/** A step of a completion; the texts of all steps, joined, are the completion. */
export interface Step {
  readonly text: string;
  /** Offset of the first UTF-16 unit in the completion. */
  readonly start: number;
  /** Offset after the last UTF-16 unit. */
  readonly end: number;
}

/** A worked example shown before the question. */
export interface Exemplar {
  readonly question: string;
  /** What the model should have written, final answer included. */
  readonly target: string;
}

/** Worked examples and how they are laid out, as a file of exemplars gives them. */
export interface FewShotStyle {
  readonly kind: 'few-shot';
  readonly exemplars: readonly Exemplar[];
  /** How a question is written, with `{question}` in its place, e.g. `Q: {question}\nA:`; a target follows a space. */
  readonly questionFormat: string;
  /** Texts at which a completion ends, e.g. `Q:`. */
  readonly stopStrings: readonly string[];
}

/** How a question is put: alone, to a tuned model, or after worked examples, to a pre-trained one. */
export type PromptStyle = { readonly kind: 'zero-shot' } | FewShotStyle;

/** `strict` accepts only a marked final answer; `flexible` falls back on the last number of the text. */
export type ExtractionMode = 'strict' | 'flexible';

/** Whether each step is right, known exactly because the task's stories have one solution. */
export interface StepTruth {
  /** One entry a step of `splitSteps(completion)`. */
  readonly steps: readonly boolean[];
  /** Every step right, none missing or added, and the final answer given and right. */
  readonly wholePathRight: boolean;
}

/** What the loop needs to know of a kind of problem. Everything is pure; files are read by the caller. */
export interface Task {
  readonly name: string;
  /**
   * Reads a dataset's text.
   * @param sourceName how errors name the dataset, e.g. `train.jsonl`
   * @throws SipfError `invalid-argument`, reason `DATASET_INVALID`, a violation per bad line as `file:line`
   */
  parseProblems(text: string, sourceName: string): Problem[];
  prompt(problem: Problem, style: PromptStyle): string;
  /**
   * The completion to imitate in supervised fine-tuning; the end-of-text token is the trainer's.
   * @throws SipfError `failed-precondition` when the problem has no solution
   */
  formatTarget(problem: Problem): string;
  /** Splits a completion without loss; an empty completion has no steps. */
  splitSteps(completion: string): Step[];
  /** The final answer as written, or undefined where there is none. */
  extractAnswer(text: string, mode: ExtractionMode): string | undefined;
  /** Whether `answer` equals the gold one, exactly. */
  isCorrect(problem: Problem, answer: string | undefined): boolean;
  /** The calculations of a text in order and normalised, e.g. `48/2=24`; two paths with equal ones are the same. */
  calculations(text: string): string[];
  /** Texts that end a completion in this style; they are not part of it. */
  stopStrings(style: PromptStyle): string[];
  /** Exact step labels, only for tasks whose steps can be checked. */
  stepTruth?(problem: Problem, completion: string): StepTruth;
}
