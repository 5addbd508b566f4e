import { SipfError } from '@sipf/errors';
import type { LinearShape } from '../families/module-table.ts';

/** Settings of a low-rank adapter (LoRA, Hu et al. 2021): y += (alpha / rank) * (x A^T) B^T. */
export interface LoraConfig {
  /** Rows of A and columns of B; at least 1. */
  readonly rank: number;
  readonly alpha: number;
  /** PEFT's rule: a module matches when it equals a target or ends in `.` + target; `all-linear` matches every one. */
  readonly targetModules: readonly string[] | 'all-linear';
  /** Probability that an element of x is dropped on the way to A, in [0, 1); the rest is scaled by 1 / (1 - p). */
  readonly dropout: number;
}

/** The modules of `linearModules` that the adapter attaches to. @throws SipfError where a target matches none */
export function adaptedModules(lora: LoraConfig, linearModules: readonly string[]): readonly string[] {
  const { targetModules } = lora;
  if (targetModules === 'all-linear') return linearModules;
  const matches = (module: string, target: string) => module === target || module.endsWith(`.${target}`);
  const idle = targetModules.filter((target) => !linearModules.some((module) => matches(module, target)));
  if (idle.length > 0 || targetModules.length === 0) {
    throw new SipfError(
      'invalid-argument',
      idle.length > 0
        ? `the model has no linear module named ${idle.join(', ')}`
        : 'an adapter needs at least one target module',
      {
        reason: 'LORA_TARGET_NOT_FOUND',
        violations: [{ field: 'lora.targetModules', description: 'matches nothing' }],
      },
    );
  }
  return linearModules.filter((module) => targetModules.some((target) => matches(module, target)));
}

/** PEFT's names of a module's two adapter tensors: A is [rank, in], B is [out, rank]. */
export function loraParameterNames(module: string): { readonly a: string; readonly b: string } {
  return { a: `base_model.model.${module}.lora_A.weight`, b: `base_model.model.${module}.lora_B.weight` };
}

/** Shapes of the adapter's tensors by PEFT name, in the order of the base's modules. */
export function loraParameterShapes(
  lora: LoraConfig,
  modules: ReadonlyMap<string, LinearShape>,
): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const module of adaptedModules(lora, [...modules.keys()])) {
    const [out, input] = modules.get(module) as LinearShape;
    const names = loraParameterNames(module);
    shapes.set(names.a, [lora.rank, input]);
    shapes.set(names.b, [out, lora.rank]);
  }
  return shapes;
}
