import { matMul, type Dim, type Graph, type Value } from '@sipf/graph';
import { linearModules, lmHeadWeight, type DecoderConfig, type ParameterSource } from '@sipf/models';

/** What adapters must have in common to run in one session over one copy of their base. */
export interface AdapterForm {
  /** The base's, with the head that the adapters bring where they bring one. */
  readonly config: DecoderConfig;
  /** Hugging Face names of the tensors that they replace whole, sorted. */
  readonly savedTensors: readonly string[];
}

/**
 * Factor of both narrow products, made up for by {@link A_SCALE} and {@link bScale}: with a factor of 1 the runtime computes a
 * product of one row by another kernel, and a sample would round otherwise alone than in a batch. Powers of two are exact.
 */
export const PRODUCT_FACTOR = 0.5;

/** What A is multiplied by before it is fed. */
export const A_SCALE = 1 / PRODUCT_FACTOR;

/** What B is multiplied by before it is fed. @param scaling See ModuleLora. */
export function bScale(scaling: number): number {
  return scaling / PRODUCT_FACTOR;
}

/** Inputs of a module's adapter: A [rank, in] and B [out, rank], any rank, 0 for none. */
export function adapterInputNames(module: string): { readonly a: string; readonly b: string } {
  return { a: `adapter.${module}.a`, b: `adapter.${module}.b` };
}

/** The input of a tensor that adapters replace. */
export function savedInputName(name: string): string {
  return `adapter.${name}`;
}

/**
 * The base's parameters with an adapter on every linear module whose tensors are inputs of the graph, so that one session
 * serves any number of adapters, and the base alone.
 */
export function adapterInputs(
  graph: Graph,
  base: ParameterSource,
  { config, savedTensors }: AdapterForm,
): ParameterSource {
  const saved = new Set(savedTensors);
  const known = new Map<string, Value>();
  const input = (name: string, shape: readonly Dim[]): Value => {
    const value = known.get(name) ?? graph.input(name, 'float32', shape);
    known.set(name, value);
    return value;
  };
  const modules = linearModules(config);
  const rankOf = new Map([...modules.keys()].map((module, index) => [module, `R${index}`]));
  return {
    parameter: (name, shape) =>
      saved.has(name) ? input(savedInputName(name), shape) : base.parameter(name, shape),
    product: (module, x) => {
      const weight = module === 'lm_head' ? lmHeadWeight(config) : `${module}.weight`;
      return saved.has(weight) ? undefined : base.product?.(module, x);
    },
    rows: (name, indices) => (saved.has(name) ? undefined : base.rows?.(name, indices)),
    adapter: (module) => {
      const [out, width] = modules.get(module) ?? [];
      const rank = rankOf.get(module);
      if (out === undefined || width === undefined || rank === undefined) return undefined;
      const names = adapterInputNames(module);
      const a = input(names.a, [rank, width]);
      const narrow = (x: Value): Value => matMul(x, a, { transposeB: true, alpha: PRODUCT_FACTOR });
      return { a, b: input(names.b, [out, rank]), scaling: PRODUCT_FACTOR, narrow };
    },
  };
}
