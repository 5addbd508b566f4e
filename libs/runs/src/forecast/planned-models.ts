import type { EnginePart } from '@sipf/contracts';
import { simulatorShape, verifierShape, type Facts } from './facts.ts';
import { adapterParameters, linearParameters } from './model-shape.ts';

/** What the numbers of a plan take of a model; in elements. */
export interface PlannedModel {
  readonly part: EnginePart;
  readonly name: string;
  readonly parameters: number;
  /** Of the decoder's linear layers. */
  readonly linear: number;
  /** Of an adapter of the run's rank on all of them; 0 where the run has none. */
  readonly adapter: number;
}

/** The models behind the parts of a run's work; a verifier with its own head. */
export function plannedModels(facts: Facts, parts: ReadonlySet<EnginePart>): PlannedModel[] {
  const rank = facts.config.policy.lora?.rank ?? 0;
  const shapes = {
    policy: facts.shapes.policy,
    simulator: simulatorShape(facts.shapes),
    verifier: verifierShape(facts),
  };
  return (['policy', 'simulator', 'verifier'] as const).flatMap((part) => {
    if (part !== 'policy' && !parts.has(part)) return [];
    const shape = shapes[part];
    const { name, parameters } = shape;
    return [
      { part, name, parameters, linear: linearParameters(shape), adapter: adapterParameters(shape, rank) },
    ];
  });
}
