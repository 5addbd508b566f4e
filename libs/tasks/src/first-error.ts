/** What is wrong about the first wrong step of a path. */
export const errorKinds = [
  'calculation',
  'wrong-operand',
  'missing-step',
  'extra-step',
  'final-answer',
  'format',
] as const;

/**
 * `calculation`: the right calculation with a wrong value. `wrong-operand`: another number or operator than the solution
 * has there. `missing-step`: a step of the solution was passed over. `extra-step`: the solution was over.
 * `final-answer`: the answer is not what the steps come to. `format`: no calculation or no answer where one belongs.
 */
export type ErrorKind = (typeof errorKinds)[number];

/** The first wrong step of a path. */
export interface FirstError {
  /** Its index among the path's steps; their number where a step is missing at the end. */
  readonly step: number;
  readonly kind: ErrorKind;
}
