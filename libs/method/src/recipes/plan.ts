import { checkCount, checkSetting } from '../check-setting.ts';
import type { Initialise, Recipe, Stage, StageKind } from './recipe.ts';

/** A model of the run: the pre-trained M, or M_k, M_0 being the one after supervised fine-tuning. */
type ModelRef = { readonly kind: 'base' } | { readonly kind: 'iteration'; readonly iteration: number };

/** One stage of a run, in the order in which stages happen. */
export interface PlannedStage {
  /** Unique in its plan and stable, e.g. `2/pair`. */
  readonly id: string;
  /** 0 for the setup, k for the k-th iteration. */
  readonly iteration: number;
  readonly kind: StageKind;
  readonly stage: Stage;
  /** The policy that the stage starts from or uses. */
  readonly policy: ModelRef;
  /** The policy that it makes, for `sft` and `align`. */
  readonly produces?: ModelRef;
}

/**
 * The stages of a run in order.
 * @param iterations K; 0 runs the setup only
 * @throws SipfError `invalid-argument` `SETTING_INVALID` for a number the recipe does not allow
 */
export function plan(recipe: Recipe, iterations: number): PlannedStage[] {
  checkCount(iterations, 'iterations', 0);
  const rule = `must be at most ${recipe.maxIterations} for ${recipe.name}, got ${iterations}`;
  checkSetting(iterations <= recipe.maxIterations, 'iterations', rule);
  const progress: Progress = { current: { kind: 'base' } };
  const stages = recipe.setup.map((stage) => planStage(stage, 0, progress));
  for (let iteration = 1; iteration <= iterations; iteration++) {
    const due = recipe.loop.filter((stage) => iteration === 1 || !isOnlyFirst(stage));
    stages.push(...due.map((stage) => planStage(stage, iteration, progress)));
  }
  return withUniqueIds(stages);
}

/** What earlier stages have made. */
interface Progress {
  current: ModelRef;
}

function planStage(stage: Stage, iteration: number, progress: Progress): PlannedStage {
  const planned = { id: `${iteration}/${stage.kind}`, iteration, kind: stage.kind, stage };
  if (stage.kind !== 'sft' && stage.kind !== 'align') return { ...planned, policy: progress.current };
  const policy = startOf(stage.initialise, progress.current);
  progress.current = { kind: 'iteration', iteration };
  return { ...planned, policy, produces: progress.current };
}

function startOf(initialise: Initialise, current: ModelRef): ModelRef {
  if (initialise === 'base') return { kind: 'base' };
  return initialise === 'sft' ? { kind: 'iteration', iteration: 0 } : current;
}

function isOnlyFirst(stage: Stage): boolean {
  return (stage.kind === 'label' || stage.kind === 'train-verifier') && stage.when === 'first-iteration';
}

/** A kind that occurs again within an iteration gets a number: `1/sft`, `1/sft-2`. */
function withUniqueIds(stages: readonly PlannedStage[]): PlannedStage[] {
  const counts = new Map<string, number>();
  return stages.map((stage) => {
    const count = (counts.get(stage.id) ?? 0) + 1;
    counts.set(stage.id, count);
    return count === 1 ? stage : { ...stage, id: `${stage.id}-${count}` };
  });
}
