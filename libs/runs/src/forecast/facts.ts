import type { RunConfig } from '@sipf/contracts';
import { configOf } from '../plan/compared-verifiers.ts';
import type { Stage } from '../plan/stage.ts';
import { scoreParameters, type ModelShape } from './model-shape.ts';

/** Lengths of some texts, in tokens. */
export interface Lengths {
  readonly mean: number;
  readonly longest: number;
}

/** Lengths of texts, in tokens of the policy. */
export interface TextFacts {
  /** A question as it is asked. */
  readonly prompt: Lengths;
  /** A question of an evaluation after worked examples; absent where the method shows none. */
  readonly shown?: Lengths | undefined;
  /** A solved problem's solution, for which a path's length is taken. */
  readonly solution: Lengths;
  /** Steps of a solution, on average. */
  readonly steps: number;
  /** How the lengths are known. */
  readonly how: string;
}

/** How many problems each split and data set has. */
export interface Counts {
  readonly train: number;
  readonly loop: number;
  readonly test: number;
  readonly validation: number;
  readonly simulator: number;
  /** Data sets out of domain, by name. */
  readonly others: Readonly<Record<string, number>>;
}

/** The models of a run; absent where none is given or trained. */
export interface Shapes {
  readonly policy: ModelShape;
  readonly simulator?: ModelShape | undefined;
  /** A verifier's own base. */
  readonly verifierBase?: ModelShape | undefined;
  /** Those of compared verifiers that have one, in their order. */
  readonly comparedBases?: readonly (ModelShape | undefined)[] | undefined;
}

/** What is known before a run, beside its configuration. */
export interface Facts {
  readonly config: RunConfig;
  readonly shapes: Shapes;
  readonly counts: Counts;
  readonly texts: TextFacts;
}

/** What is known for a stage, of a compared verifier as if it were the run's own. */
export function factsOf({ compared }: Pick<Stage, 'compared'>, facts: Facts): Facts {
  if (compared === undefined) return facts;
  const { config, shapes } = facts;
  const verifierBase = shapes.comparedBases?.[compared - 1];
  return { ...facts, config: configOf({ compared }, config), shapes: { ...shapes, verifierBase } };
}

/** The run's own verifier and those that it compares with it, of a plan that trains any. */
export function verifierShapes(facts: Facts): ModelShape[] {
  const compared = (facts.config.comparedVerifiers ?? []).map((_, index) => index + 1);
  return [undefined, ...compared].map((one) => verifierShape(factsOf({ compared: one }, facts)));
}

/** The verifier: its base with a head of two labels in the LM head's place; one with confidence reads both. */
export function verifierShape(facts: Pick<Facts, 'config' | 'shapes'>): ModelShape {
  const base = verifierBase(facts);
  const replaced = facts.config.verifier?.head === 'hidden-confidence' ? 0 : base.lmHead;
  return {
    ...base,
    parameters: base.parameters - replaced + scoreParameters(base),
    lmHead: base.lmHead - replaced,
  };
}

function verifierBase({ config, shapes }: Pick<Facts, 'config' | 'shapes'>): ModelShape {
  const base = config.verifier?.base;
  if (typeof base === 'object') return shapes.verifierBase ?? shapes.policy;
  return base === 'policy' ? shapes.policy : simulatorShape(shapes);
}

/** The model that makes roll-outs: the policy itself where no other is given. */
export function simulatorShape({ simulator, policy }: Shapes): ModelShape {
  return simulator ?? policy;
}

/** Tokens of a path: a solution's, at most as many as are sampled. */
export function pathTokens({ config, texts }: Facts): number {
  return Math.min(texts.solution.mean, config.sampling.maxNewTokens);
}
