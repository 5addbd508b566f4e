import { SipfError } from '@sipf/errors';
import type { LinearShape } from '../families/module-table.ts';
import { overran, withProcessorTime } from '../limits/with-deadline.ts';
import { isChosen, matchesNames, type ModuleChoice, valueOf } from './choose-modules.ts';

/** Settings of a low-rank adapter (LoRA, Hu et al. 2021): y += scaling * (x A^T) B^T, scaling = alpha / rank. */
export interface LoraConfig extends ModuleChoice {
  /** Rows of A and columns of B; at least 1. */
  readonly rank: number;
  readonly alpha: number;
  /** Probability that an element of x is dropped on the way to A, in [0, 1); the rest is scaled by 1 / (1 - p). */
  readonly dropout: number;
  /** Ranks of modules that have one of their own, by PEFT's patterns. @default none */
  readonly rankPattern?: Readonly<Record<string, number>>;
  /** Alphas of modules that have one of their own. @default none */
  readonly alphaPattern?: Readonly<Record<string, number>>;
  /** Scaling is alpha / sqrt(rank) (Kalajdzievski 2023). @default false */
  readonly rankStabilised?: boolean;
  /**
   * DoRA (Liu et al. 2024): every row of W + scaling B A is brought to a length of its own, the module's magnitude.
   * Such an adapter is run, not trained. @default false
   */
  readonly decomposed?: boolean;
}

/** What one module's adapter is. */
export interface ModuleLora {
  readonly rank: number;
  /** What its product is multiplied by. */
  readonly scaling: number;
}

/**
 * Processor time for all names to be matched, and for a name and a pattern beyond that: a server answers no calls meanwhile. The
 * names of 80 layers take 5 ms, and 250 where each has a rank of its own.
 */
const MATCHING_MS = 50;
const PAIR_MS = 0.003;

/**
 * The modules of `linearModules` that the adapter attaches to, in their order.
 * @throws SipfError invalid-argument LORA_TARGET_NOT_FOUND where a target, or all of them together, matches none;
 * failed-precondition ADAPTER_CONFIG_INVALID for patterns that match for ever
 */
export function adaptedModules(lora: LoraConfig, linearModules: readonly string[]): readonly string[] {
  return inTime(lora, linearModules, () => {
    const { targetModules } = lora;
    const idle = Array.isArray(targetModules)
      ? (targetModules as readonly string[]).filter(
          (target) => !linearModules.some((name) => matchesNames([target], name)),
        )
      : [];
    const chosen = linearModules.filter((module) => isChosen(lora, module));
    if (idle.length > 0) throw noTarget(`the model has no linear module named ${idle.join(', ')}`);
    if (chosen.length === 0) throw noTarget('an adapter needs at least one target module that the model has');
    return chosen;
  });
}

/** The adapter of each module that has one, in the order of `linearModules`. @throws SipfError as {@link adaptedModules} */
export function moduleLoras(
  lora: LoraConfig,
  linearModules: readonly string[],
): ReadonlyMap<string, ModuleLora> {
  const modules = adaptedModules(lora, linearModules);
  return inTime(
    lora,
    linearModules,
    () => new Map(modules.map((module) => [module, moduleLora(lora, module)])),
  );
}

function moduleLora(lora: LoraConfig, module: string): ModuleLora {
  const rank = valueOf(lora.rankPattern, module) ?? lora.rank;
  const alpha = valueOf(lora.alphaPattern, module) ?? lora.alpha;
  return { rank, scaling: alpha / (lora.rankStabilised === true ? Math.sqrt(rank) : rank) };
}

function inTime<T>(lora: LoraConfig, names: readonly string[], match: () => T): T {
  const patterns = [lora.rankPattern, lora.alphaPattern].flatMap((pattern) => Object.keys(pattern ?? {}));
  try {
    return withProcessorTime(MATCHING_MS + PAIR_MS * names.length * patterns.length, match);
  } catch (cause) {
    if (!overran(cause)) throw cause;
    const message = "the adapter's patterns for names of modules take too long to match: write simpler ones";
    throw new SipfError('failed-precondition', message, {
      reason: 'ADAPTER_CONFIG_INVALID',
      violations: [{ field: 'target_modules', description: message }],
      cause,
    });
  }
}

function noTarget(message: string): SipfError {
  return new SipfError('invalid-argument', message, {
    reason: 'LORA_TARGET_NOT_FOUND',
    violations: [{ field: 'lora.targetModules', description: 'matches nothing' }],
  });
}

/** PEFT's names of a module's adapter tensors: A is [rank, in], B is [out, rank], a DoRA's magnitude is [out]. */
export function loraParameterNames(module: string): {
  readonly a: string;
  readonly b: string;
  readonly magnitude: string;
} {
  const name = `base_model.model.${module}.lora_`;
  return { a: `${name}A.weight`, b: `${name}B.weight`, magnitude: `${name}magnitude_vector` };
}

/** Shapes of the adapter's tensors by PEFT name, in the order of the base's modules. */
export function loraParameterShapes(
  lora: LoraConfig,
  modules: ReadonlyMap<string, LinearShape>,
): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const [module, { rank }] of moduleLoras(lora, [...modules.keys()])) {
    const [out, input] = modules.get(module) as LinearShape;
    const names = loraParameterNames(module);
    shapes.set(names.a, [rank, input]);
    shapes.set(names.b, [out, rank]);
    if (lora.decomposed === true) shapes.set(names.magnitude, [out]);
  }
  return shapes;
}
