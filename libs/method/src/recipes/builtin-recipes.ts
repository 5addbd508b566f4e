import { SipfError } from '@sipf/errors';
import type { Recipe } from './recipe.ts';
import { psrfRecipe, rpoRecipe, srfRecipe } from './self-refine-recipes.ts';
import {
  iteratedPrftRecipe,
  iteratedRftRecipe,
  prftRecipe,
  rftRecipe,
  starRecipe,
} from './self-taught-recipes.ts';
import { ablationRecipes, siofRecipe, sipfOrmRecipe, sipfRecipe } from './sipf-recipes.ts';
import { continuedSftRecipe, cotRecipe, sftRecipe, zeroShotCotRecipe } from './supervised-recipes.ts';

const table: readonly Recipe[] = [
  cotRecipe,
  zeroShotCotRecipe,
  sftRecipe,
  continuedSftRecipe,
  rftRecipe,
  prftRecipe,
  starRecipe,
  srfRecipe,
  psrfRecipe,
  rpoRecipe,
  siofRecipe,
  sipfRecipe,
  iteratedRftRecipe,
  iteratedPrftRecipe,
  ...ablationRecipes,
  sipfOrmRecipe,
];

/** Every recipe that comes with the project, by its name, in the order of the results table. */
export const recipes: ReadonlyMap<string, Recipe> = new Map(table.map((recipe) => [recipe.name, recipe]));

/**
 * The recipe of that name.
 * @throws SipfError `not-found`, reason `RECIPE_UNKNOWN`
 */
export function recipeNamed(name: string): Recipe {
  const recipe = recipes.get(name);
  if (recipe !== undefined) return recipe;
  const known = [...recipes.keys()].join(', ');
  throw new SipfError('not-found', `no recipe is called ${JSON.stringify(name)}; known recipes: ${known}`, {
    reason: 'RECIPE_UNKNOWN',
  });
}
