/** One line of the report. */
export interface Result {
  readonly name: string;
  readonly threads: number;
  readonly ours: string;
  readonly peer: string;
  /** Speed over the peer's, or time over the peer's for loading. */
  readonly ratio: number;
  readonly target: string;
}
