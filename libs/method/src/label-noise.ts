/** A step label and the roll-outs behind it (Eq. 2). */
export interface LabelledStep {
  /** Position of the step in its path, from 0. */
  readonly stepIndex: number;
  /** Roll-outs of known outcome. */
  readonly rollouts: number;
  /** Which of them reach the answer, by their index. */
  readonly reachedBy: readonly number[];
}

/** An estimate of the noise in labels by roll-outs, from the roll-outs themselves. */
export interface LabelNoise {
  /** Steps that rest on all N roll-outs; the others are left out. */
  readonly steps: number;
  /** Share of steps that get the same hard label from the first half of their roll-outs as from the second. */
  readonly halfAgreement: number;
  /** Mean binary entropy of the share that reaches the answer, in bits: 0 if all roll-outs agree, 1 at one half. */
  readonly entropy: number;
}

/**
 * The noise of labels, over all steps and by position. A half labels as N roll-outs do: right when more than tau / 2 reach.
 * @param settings N and tau of Eq. 2
 * @returns undefined if every step has fewer than two roll-outs
 */
export function labelNoise(
  steps: readonly LabelledStep[],
  settings: { readonly rollouts: number; readonly tau: number },
):
  | { readonly all: LabelNoise; readonly byPosition: readonly (LabelNoise & { stepIndex: number })[] }
  | undefined {
  const whole = steps.filter(({ rollouts }) => rollouts === settings.rollouts && rollouts > 1);
  if (whole.length === 0) return undefined;
  const positions = [...new Set(whole.map(({ stepIndex }) => stepIndex))].sort((a, b) => a - b);
  const byPosition = positions.map((stepIndex) => {
    const there = whole.filter((step) => step.stepIndex === stepIndex);
    return { stepIndex, ...noiseOf(there, settings) };
  });
  return { all: noiseOf(whole, settings), byPosition };
}

function noiseOf(
  steps: readonly LabelledStep[],
  { rollouts, tau }: { readonly rollouts: number; readonly tau: number },
): LabelNoise {
  const middle = Math.floor(rollouts / 2);
  const agrees = ({ reachedBy }: LabelledStep): boolean => {
    const first = reachedBy.filter((index) => index < middle).length;
    // With an odd N the last roll-out belongs to no half.
    const second = reachedBy.filter((index) => index >= middle && index < 2 * middle).length;
    return first > tau / 2 === second > tau / 2;
  };
  const entropies = steps.map(({ reachedBy }) => binaryEntropy(reachedBy.length / rollouts));
  return {
    steps: steps.length,
    halfAgreement: steps.filter(agrees).length / steps.length,
    entropy: entropies.reduce((sum, value) => sum + value, 0) / steps.length,
  };
}

function binaryEntropy(share: number): number {
  return [share, 1 - share].reduce((sum, p) => (p === 0 ? sum : sum - p * Math.log2(p)), 0);
}
