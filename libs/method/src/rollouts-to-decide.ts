import type { Outcome } from './path.ts';

/**
 * Eq. 2, drawn one after another: how many further roll-outs must be known to decide a step's hard label, 0 once nothing can
 * change it. Whoever draws just as many, asks again and stops at 0 has the hard label that all of the roll-outs give.
 * @param outcomes of the first roll-outs, in the order of their samples
 * @param settings.rollouts N of Eq. 2
 */
export function rolloutsToDecide(
  outcomes: readonly Outcome[],
  { rollouts, tau }: { readonly rollouts: number; readonly tau: number },
): number {
  const left = rollouts - outcomes.length;
  const correct = outcomes.filter((outcome) => outcome === 'correct').length;
  const unknown = outcomes.filter((outcome) => outcome === 'unknown').length;
  const needed = Math.floor(tau) + 1;
  const untilRight = needed - correct;
  const untilWrong = correct + unknown + left - needed + 1;
  // Unknown roll-outs keep the label open, whatever else is drawn.
  if (untilRight > left && untilWrong > left) return 0;
  return Math.max(0, Math.min(left, untilRight, untilWrong));
}
