/**
 * Whether a path reached the right end: math, its answer equals the gold one; code, it passes the tests. `unknown` says
 * that the machinery failed (a sandbox broke, a deadline passed): it is never a training label and never a failure.
 */
export type Outcome = 'correct' | 'wrong' | 'unknown';

/** A step of a path; the texts of all steps, joined, are the path's text. */
interface PathStep {
  readonly text: string;
  /** Offset of the first UTF-16 unit in the path's text. */
  readonly start: number;
  /** Offset after the last UTF-16 unit. */
  readonly end: number;
}

/** A sampled reasoning path s_ij of Eq. 1. */
export interface Path {
  readonly questionId: string;
  /** The iteration k whose model M_{k-1} sampled it, from 1. */
  readonly iteration: number;
  /** j of Eq. 1, from 0; unique for a question in an iteration. */
  readonly sampleIndex: number;
  readonly text: string;
  readonly steps: readonly PathStep[];
  readonly outcome: Outcome;
  /** Mean log-probability of its tokens under the model that sampled it, in nats. */
  readonly meanLogProb?: number;
}

/** Names a path within a run; equal for two paths only if they are the same sample. */
export function pathKey(path: Pick<Path, 'questionId' | 'iteration' | 'sampleIndex'>): string {
  return `${path.iteration}/${path.sampleIndex}/${path.questionId}`;
}

/** Groups by question, questions in order of first appearance, paths in their given order. */
export function groupByQuestion<P extends { readonly questionId: string }>(
  paths: readonly P[],
): ReadonlyMap<string, readonly P[]> {
  return Map.groupBy(paths, (path) => path.questionId);
}
