import type { simulation } from '@sipf/contracts';
import { stepLabel, type Outcome } from '@sipf/method';

/** The labels of one path, or why it has none. */
export type LabelledPath = Pick<
  simulation.LabelStepsResponse,
  'pathId' | 'labels' | 'generatedTokens' | 'error'
>;

/** A path with prefixes that are still being completed. */
export interface OpenPath {
  /** Takes the outcomes of all roll-outs of the prefix that ends with `step`, in their order, and their tokens. */
  settle(step: number, outcomes: readonly Outcome[], tokens: number): void;
  /** Takes the reason why the prefix that ends with `step` cannot be read: the path then has no labels. */
  refuse(step: number, why: simulation.PathError): void;
  /** Eq. 2, one label per step; the last is the path's outcome. None for a refused path. @param tau the bound of Eq. 2 */
  labels(tau: number): LabelledPath;
}

/** @param onComplete called when no prefix is awaited any more: at once for a path of one step */
export function createOpenPath(path: simulation.PathToLabel, onComplete: (open: OpenPath) => void): OpenPath {
  const outcomes: (readonly Outcome[])[] = path.steps.slice(1).map(() => []);
  let awaited = outcomes.length;
  let generatedTokens = 0;
  let error: simulation.PathError | undefined;
  const open: OpenPath = {
    settle: (step, all, tokens) => {
      outcomes[step] = all;
      generatedTokens += tokens;
      if (--awaited === 0) onComplete(open);
    },
    refuse: (step, why) => {
      error ??= why;
      open.settle(step, [], 0);
    },
    labels: (tau) => ({
      pathId: path.id,
      labels:
        error === undefined ? [...outcomes.map((of, step) => toLabel(of, step, tau)), lastLabel(path)] : [],
      generatedTokens: BigInt(generatedTokens),
      error,
    }),
  };
  if (awaited === 0) onComplete(open);
  return open;
}

function toLabel(outcomes: readonly Outcome[], stepIndex: number, tau: number): simulation.StepLabel {
  const { hard, soft = 0, rollouts } = stepLabel(outcomes, tau);
  const reachedBy = outcomes.flatMap((outcome, sample) => (outcome === 'correct' ? [sample] : []));
  // A prefix without room for a roll-out counts as wrong; one whose roll-outs could not be judged has no label.
  const undecided = hard === undefined && outcomes.length > 0;
  return { stepIndex, hard: hard === 1, soft, rollouts, reached: reachedBy.length, reachedBy, undecided };
}

function lastLabel({ steps, outcomeCorrect }: simulation.PathToLabel): simulation.StepLabel {
  const soft = outcomeCorrect ? 1 : 0;
  const stepIndex = steps.length - 1;
  return { stepIndex, hard: outcomeCorrect, soft, rollouts: 0, reached: 0, reachedBy: [], undecided: false };
}
