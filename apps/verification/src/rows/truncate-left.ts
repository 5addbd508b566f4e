import type { EncodedSteps } from '@sipf/models';

/** A path that fits, and what it lost. */
export interface TruncatedPath {
  readonly path: EncodedSteps;
  /** Tokens dropped. */
  readonly tokens: number;
  /** Steps whose end was dropped. */
  readonly steps: number;
}

/** Drops the first tokens of a path until `longest` remain; keeps a BOS at its beginning. */
export function truncateLeft(
  { ids, promptLength, stepEnds }: EncodedSteps,
  { longest, bosTokenId }: { readonly longest: number; readonly bosTokenId: number | null },
): TruncatedPath {
  const kept = bosTokenId !== null && ids[0] === bosTokenId ? 1 : 0;
  const tokens = Math.max(0, ids.length - longest);
  const ends = stepEnds.filter((end) => end >= kept + tokens);
  return {
    path: {
      ids: [...ids.slice(0, kept), ...ids.slice(kept + tokens)],
      promptLength: Math.max(kept, promptLength - tokens),
      stepEnds: ends.map((end) => end - tokens),
    },
    tokens,
    steps: stepEnds.length - ends.length,
  };
}
