import type { simulation } from '@sipf/contracts';
import { stepLabel, type Outcome } from '@sipf/method';

/** The labels of one path. */
export type LabelledPath = Pick<simulation.LabelStepsResponse, 'pathId' | 'labels' | 'generatedTokens'>;

/** A path of which some prefixes are still being completed. */
export interface OpenPath {
  readonly path: simulation.PathToLabel;
  /** Takes the outcome of a roll-out of the prefix that ends with `step`. @returns whether it was the path's last one */
  add(step: number, rollout: { readonly outcome: Outcome; readonly tokens: number }): boolean;
  /** Gives up roll-outs that cannot be made. @returns whether none is awaited any more */
  skip(rollouts: number): boolean;
  /** Eq. 2, a label a step; the last step's is the path's outcome. @param tau roll-outs that must be exceeded */
  labels(tau: number): LabelledPath;
}

/** @param rolloutsPerPrefix N of Eq. 2, awaited for every step but the last */
export function createOpenPath(path: simulation.PathToLabel, rolloutsPerPrefix: number): OpenPath {
  const outcomes: Outcome[][] = path.steps.slice(1).map(() => []);
  let awaited = outcomes.length * rolloutsPerPrefix;
  let generatedTokens = 0;
  return {
    path,
    add: (step, { outcome, tokens }) => {
      outcomes[step]?.push(outcome);
      generatedTokens += tokens;
      return --awaited === 0;
    },
    skip: (rollouts) => (awaited -= rollouts) === 0,
    labels: (tau) => ({
      pathId: path.id,
      labels: [...outcomes.map((of, step) => toLabel(of, step, tau)), lastLabel(path)],
      generatedTokens: BigInt(generatedTokens),
    }),
  };
}

function toLabel(outcomes: readonly Outcome[], stepIndex: number, tau: number): simulation.StepLabel {
  const { hard, soft = 0, rollouts } = stepLabel(outcomes, tau);
  const reached = outcomes.filter((outcome) => outcome === 'correct').length;
  // A prefix that no roll-out could be made of counts as wrong; one whose roll-outs could not be judged has no label.
  const undecided = hard === undefined && outcomes.length > 0;
  return { stepIndex, hard: hard === 1, soft, rollouts, reached, undecided };
}

function lastLabel({ steps, outcomeCorrect }: simulation.PathToLabel): simulation.StepLabel {
  const soft = outcomeCorrect ? 1 : 0;
  return {
    stepIndex: steps.length - 1,
    hard: outcomeCorrect,
    soft,
    rollouts: 0,
    reached: 0,
    undecided: false,
  };
}
