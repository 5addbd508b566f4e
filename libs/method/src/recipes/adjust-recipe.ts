import type { Pairing } from '../pairs/preference-pairs.ts';
import type { Initialise, Recipe, Stage, When } from './recipe.ts';

/** METHOD.md's choices that a run may change without a recipe of its own; absent ones keep the recipe's. */
export interface RecipeChoices {
  /** When the verifier is trained again, with new step labels (Algorithm 1, `verifier.refresh`). */
  readonly verifierRefresh?: When;
  /** Which model alignment starts from (Algorithm 1, `initialise`). */
  readonly initialise?: Initialise;
  /** Which model a fine-tuning on own paths starts from. */
  readonly tuningInitialise?: Initialise;
  /** Eq. 6, `pairing`; a method that pairs by outcome alone is another method otherwise, and keeps its own. */
  readonly pairing?: Pairing;
  /** Step labels or one label a path (Eqs. 3-4); a method whose verifier is an outcome model keeps it. */
  readonly verifierReward?: 'process' | 'outcome';
}

/**
 * The recipe with the choices applied to every stage of its loop that they concern. An outcome reward model needs no
 * step labels, so the labelling stage goes with that choice.
 */
export function adjustRecipe(recipe: Recipe, choices: RecipeChoices): Recipe {
  const needed = recipe.loop.filter(
    (stage) => stage.kind !== 'label' || choices.verifierReward !== 'outcome',
  );
  return { ...recipe, loop: needed.map((stage) => adjustStage(stage, choices)) };
}

function adjustStage(stage: Stage, choices: RecipeChoices): Stage {
  switch (stage.kind) {
    case 'label':
      return { ...stage, when: choices.verifierRefresh ?? stage.when };
    case 'train-verifier': {
      const { verifierRefresh: when = stage.when, verifierReward } = choices;
      return {
        ...stage,
        when,
        reward: stage.reward === 'outcome' ? 'outcome' : (verifierReward ?? 'process'),
      };
    }
    case 'align':
      return { ...stage, initialise: choices.initialise ?? stage.initialise };
    case 'sft':
      return stage.data.includes('own-paths')
        ? { ...stage, initialise: choices.tuningInitialise ?? stage.initialise }
        : stage;
    case 'pair':
      return stage.pairing === 'outcome' ? stage : { ...stage, pairing: choices.pairing ?? stage.pairing };
    default:
      return stage;
  }
}
