import { checkpoint, mul, split, type Value } from '@sipf/graph';
import { type LayerScope, linear, linears, linearsApart } from './layer-scope.ts';

/** A function of every element, e.g. `silu`. */
export type Activation = (x: Value) => Value;

/** Modules of a gated feed-forward network: the gate's and the other half's, or one for both, and the one back. */
export interface GatedParts {
  readonly inputs: readonly string[];
  readonly output: string;
}

const SEPARATE_GATE: GatedParts = { inputs: ['mlp.gate_proj', 'mlp.up_proj'], output: 'mlp.down_proj' };

/** SwiGLU or GeGLU (Shazeer 2020): down(activation(gate(x)) * up(x)); x [B * T, D]. */
export function gatedFeedForward(
  scope: LayerScope,
  x: Value,
  activation: Activation,
  { inputs, output }: GatedParts = SEPARATE_GATE,
): Value {
  const { intermediateSize: F } = scope.config;
  const halves =
    inputs.length === 1 ? split(linears(scope, x, inputs), 1, [F, F]) : linearsApart(scope, x, inputs);
  const [gate, up] = halves as [Value, Value];
  const result = linear(scope, mul(activation(gate), up), output);
  return scope.inputs.memory?.recomputeActivations === true ? checkpoint(gate, result) : result;
}
