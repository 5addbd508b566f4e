import { pythonPattern } from './python-pattern.ts';

/** A regular expression of Python that a module's whole name matches. */
export interface ModulePattern {
  readonly pattern: string;
}

/** The layers that an adapter is on, PEFT's `layers_to_transform`. */
interface LayerChoice {
  readonly indices: readonly number[];
  /** Names of the lists of layers, as regular expressions of Python; empty for whatever list stands first in a name. */
  readonly lists: readonly string[];
}

/** Which modules an adapter is on, as PEFT says it. */
export interface ModuleChoice {
  /** A module matches a target that it equals or ends in, after a point; `all-linear` matches every one. */
  readonly targetModules: readonly string[] | ModulePattern | 'all-linear';
  /** Modules without an adapter although targeted, matched alike. @default none */
  readonly excludeModules?: readonly string[] | ModulePattern;
  /** For targets by name. @default every layer */
  readonly layers?: LayerChoice;
  /** Modules that are replaced whole: neither they nor what is inside them gets an adapter. @default none */
  readonly savedModules?: readonly string[];
}

/** PEFT's decision for one module. */
export function isChosen(choice: ModuleChoice, module: string): boolean {
  const { targetModules, excludeModules = [], savedModules = [] } = choice;
  if (matchesNames(excludeModules, module)) return false;
  if (
    savedModules.some((saved) =>
      new RegExp(`^(?:(?:^|.*\\.)${pythonPattern(saved)}(?:$|\\..*))`).test(module),
    )
  )
    return false;
  if (targetModules === 'all-linear') return true;
  if ('pattern' in targetModules) return matchesNames(targetModules, module);
  // A module by its full name is meant whatever its layer.
  if (targetModules.includes(module)) return true;
  return matchesNames(targetModules, module) && isInLayers(choice.layers, module);
}

/** Whether the module's name is among these. */
export function matchesNames(names: readonly string[] | ModulePattern, module: string): boolean {
  if ('pattern' in names) return new RegExp(`^(?:${pythonPattern(names.pattern)})$`).test(module);
  return names.some((name) => module === name || module.endsWith(`.${name}`));
}

/** The value of the first key that the module's name ends in, PEFT's `rank_pattern` and `alpha_pattern`. */
export function valueOf(
  pattern: Readonly<Record<string, number>> | undefined,
  module: string,
): number | undefined {
  return Object.entries(pattern ?? {}).find(([key]) =>
    new RegExp(`^(?:.*\\.)?(?:${pythonPattern(key)})$`).test(module),
  )?.[1];
}

function isInLayers(layers: LayerChoice | undefined, module: string): boolean {
  if (layers === undefined || layers.indices.length === 0) return true;
  const lists = layers.lists.length === 0 ? [String.raw`.*?\.[^.]*`] : layers.lists.map(listPattern);
  for (const list of lists) {
    const index = new RegExp(`^(?:${list})\\.(?<index>\\d+)\\.`).exec(module)?.groups?.['index'];
    if (index !== undefined) return layers.indices.includes(Number(index));
  }
  return false;
}

function listPattern(list: string): string {
  return `(?:^|.*?\\.)${pythonPattern(list)}`;
}
