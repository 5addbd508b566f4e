import type { FirstError } from './first-error.ts';

/** One question with its gold answer. */
export interface Problem {
  /** Unique in its dataset, e.g. `test/17`. */
  readonly id: string;
  readonly question: string;
  /** What an answer is judged by: math, the gold answer as written, e.g. `1,000`; code, the unit tests. */
  readonly answer: string;
  /** Math, the worked solution without its final-answer line; code, the program. Absent where only the answer is known. */
  readonly solution?: string;
  /** Code that stands before the program when it is tested, e.g. imports that the question shows. */
  readonly preamble?: string;
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
  /** How a question is written, with `{question}` in it, e.g. `Q: {question}\nA:`; a target follows a space. */
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

/** What the loop needs to know of any kind of problem. Everything is pure; files are read by the caller. */
interface AnyTask {
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
  /** Texts that end a completion in this style; they are not part of it. */
  stopStrings(style: PromptStyle): string[];
}

/** A task whose completions end in an answer that is compared with the gold one. */
export interface MathTask extends AnyTask {
  readonly domain: 'math';
  /** The final answer as written, or undefined where there is none. */
  extractAnswer(text: string, mode: ExtractionMode): string | undefined;
  /** Whether `answer` equals the gold one, exactly. */
  isCorrect(problem: Problem, answer: string | undefined): boolean;
  /** The calculations of a text in order and normalised, e.g. `48/2=24`; two paths with equal ones are the same. */
  calculations(text: string): string[];
  /** Exact step labels, only for tasks whose steps can be checked. */
  stepTruth?(problem: Problem, completion: string): StepTruth;
  /** The first wrong step, as far as the task can find it; undefined if it finds none. */
  firstError?(problem: Problem, completion: string): FirstError | undefined;
}

/** A program with the tests that judge it. */
export interface TestedProgram {
  readonly code: string;
  /** Run after the program, in its scope; it passes when they end without throwing. */
  readonly tests: string;
}

/** A task whose completions are programs that unit tests judge. */
export interface CodeTask extends AnyTask {
  readonly domain: 'code';
  readonly language: 'python';
  /** The program of a completion, with the problem's tests. */
  programOf(problem: Pick<Problem, 'answer' | 'preamble'>, completion: string): TestedProgram;
}

/** A kind of problem. */
export type Task = MathTask | CodeTask;
