import type { GradedRow } from './graded-row.ts';

/** What became of one completion; null where its program's sandbox broke. */
export interface Verdict {
  /** What was read: a number in one form, e.g. `1234.5`, or a program; null where there is none. */
  readonly read: string | null;
  readonly strict: boolean | null;
  readonly flexible: boolean | null;
  /** Of a program, as `sipf execute` says it. */
  readonly result?: string;
}

/** Judges the completions of some rows; a list for each row, in their order. */
export type GradeRows = (rows: readonly GradedRow[]) => Promise<Verdict[][]>;

/** A result's row: verdicts of a row with a list of completions are lists. */
export function resultRow(
  id: string | number,
  isList: boolean,
  verdicts: readonly Verdict[],
): Record<string, unknown> {
  const [first = { read: null, strict: null, flexible: null }] = verdicts;
  const fields = (Object.keys(first) as (keyof Verdict)[]).map((field) => [
    field,
    isList ? verdicts.map((verdict) => verdict[field]) : first[field],
  ]);
  return { id, ...(Object.fromEntries(fields) as Record<string, unknown>) };
}
