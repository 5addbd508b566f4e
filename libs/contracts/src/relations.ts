/** Which of two settings bounds the other one from above. */
export interface Relation<Field extends string = string, Other extends string = string> {
  readonly field: Field;
  /** What `field` must be at most, or under where `isStrict`. */
  readonly other: Other;
  readonly isStrict: boolean;
}

/** What must hold between numbers that are each within their bound, wherever both are given. */
export const RELATIONS = {
  /** A batch cannot be computed in more parts than it has rows. */
  accumulation: { field: 'accumulation', other: 'batchSize', isStrict: false },
  /** No step is right by more roll-outs than there are. */
  tau: { field: 'tau', other: 'rollouts', isStrict: true },
  /** No estimate from fewer samples than it is about. */
  k: { field: 'k', other: 'count', isStrict: false },
} as const satisfies Readonly<Record<string, Relation>>;

export function isRelated(value: number, other: number, { isStrict }: Pick<Relation, 'isStrict'>): boolean {
  return isStrict ? value < other : value <= other;
}

/** E.g. `must be at most batchSize`. @param nameOf what a reader calls the other setting: a flag, a field of a message */
export function describeRelation(
  { other, isStrict }: Relation,
  nameOf: (setting: string) => string = String,
): string {
  return `must be ${isStrict ? 'under' : 'at most'} ${nameOf(other)}`;
}
