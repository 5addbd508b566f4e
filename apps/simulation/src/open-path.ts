import type { simulation } from '@sipf/contracts';
import { stepLabel, type Outcome } from '@sipf/method';

/** The labels of one path. */
export type LabelledPath = Pick<simulation.LabelStepsResponse, 'pathId' | 'labels' | 'generatedTokens'>;

/** How one roll-out ended. */
export interface Rollout {
  readonly outcome: Outcome;
  readonly tokens: number;
}

/** A path of which some prefixes are still being completed. */
export interface OpenPath {
  readonly path: simulation.PathToLabel;
  /** Takes a roll-out of the prefix that ends with `step`. @returns the outcomes of that prefix so far */
  add(step: number, rollout: Rollout): readonly Outcome[];
  /** No roll-out of a prefix is awaited any more. @returns whether that holds of all of the path's now */
  closePrefix(): boolean;
  /** Eq. 2, a label a step; the last step's is the path's outcome. @param tau roll-outs that must be exceeded */
  labels(tau: number): LabelledPath;
}

/** A path with a prefix for every step but the last. */
export function createOpenPath(path: simulation.PathToLabel): OpenPath {
  const outcomes: Outcome[][] = path.steps.slice(1).map(() => []);
  let openPrefixes = outcomes.length;
  let generatedTokens = 0;
  return {
    path,
    add: (step, { outcome, tokens }) => {
      const ofPrefix = outcomes[step];
      if (ofPrefix === undefined) throw new RangeError(`no roll-outs follow step ${step}`);
      ofPrefix.push(outcome);
      generatedTokens += tokens;
      return ofPrefix;
    },
    closePrefix: () => --openPrefixes === 0,
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
