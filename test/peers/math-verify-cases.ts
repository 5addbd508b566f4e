/** A text and its gold answer. */
export interface MathVerifyCase {
  readonly gold: string;
  readonly text: string;
  /** Our verdict. */
  readonly isRight: boolean;
  /** Why math-verify's is another one; absent where it is the same. */
  readonly reason?: string;
}
export const mathVerifyCases: readonly MathVerifyCase[] = [];
