/** A reasoning path whose steps somebody, or something, judged. */
export interface LabelledPath {
  readonly id?: string | undefined;
  readonly question: string;
  readonly steps: readonly string[];
  /** One a step: whether it is right; undefined for an unlabelled step. */
  readonly labels: readonly (boolean | undefined)[];
  /** Whether the path's final answer is right. */
  readonly outcome?: boolean | undefined;
  /** The final answer, for majority votes. */
  readonly answer?: string | undefined;
}

/** A path and what the verifier says of it. */
export interface ScoredPath extends LabelledPath {
  /** V(q, s_1..t) in [0, 1], one a step. */
  readonly probabilities: readonly number[];
  /** log(V / (1 - V)) of each; ranks steps and paths whose probabilities are equal. @default that of the probability */
  readonly logOdds?: readonly number[] | undefined;
  /** What an outcome verifier makes of the path up to each step; the last is the whole path's. */
  readonly outcomeProbabilities?: readonly number[] | undefined;
  /** As `logOdds`, by the outcome verifier. */
  readonly outcomeLogOdds?: readonly number[] | undefined;
}

/** One judged step. */
export interface LabelledScore {
  readonly probability: number;
  /** @default that of the probability */
  readonly logOdds?: number | undefined;
  readonly isRight: boolean;
}

/** The labelled steps of all paths, in order. */
export function labelledScores(paths: readonly ScoredPath[]): LabelledScore[] {
  return paths.flatMap(({ labels, probabilities, logOdds }) =>
    labels.flatMap((isRight, at) => {
      const probability = probabilities[at];
      return isRight === undefined || probability === undefined
        ? []
        : [{ probability, logOdds: logOdds?.[at], isRight }];
    }),
  );
}
