import { type Dim, gather, layerNorm, multiplyDims, rmsNorm, add, type Value } from '@sipf/graph';
import type { DecoderConfig } from '../config/decoder-config.ts';
import type { AttentionRule, DecoderInputs, LayerPast } from './decoder-inputs.ts';
import { joinedLinears, type LinearModule, separateLinears } from './linear.ts';
import { isLinear, type LayerModule, type NormKind } from './module-table.ts';
import type { ParameterSource } from './parameter-source.ts';
import type { RotaryTables } from './rotary.ts';

/** What all layers of one forward pass share. */
export interface DecoderScope {
  readonly config: DecoderConfig;
  /** What all norms are. */
  readonly norm: NormKind;
  readonly parameters: ParameterSource;
  readonly inputs: DecoderInputs;
  /** The layers' modules by name within a layer. */
  readonly modules: ReadonlyMap<string, LayerModule>;
}

/** What one layer sees. */
export interface LayerScope extends DecoderScope {
  /** Put before the names of its modules. */
  readonly prefix: string;
  /** Undefined for a layer without positions. */
  readonly rotary: RotaryTables | undefined;
  /** float32, broadcastable to [B, 1, T, S + T]; with the layer's sliding window. */
  readonly attentionBias: Value;
  readonly past: LayerPast | undefined;
  /** Replaces the product over `past` and the layer's own keys. */
  readonly attention: AttentionRule | undefined;
  /** Tokens that the layer keeps after its attention, see DecoderInputs; all where undefined. */
  readonly wanted: Value | undefined;
}

/** y = x W^T + b through one module of the layer and its adapter; x [N, in], y [N, out]. */
export function linear(scope: LayerScope, x: Value, name: string): Value {
  return linears(scope, x, [name]);
}

/** Several modules on one input as one product, their outputs side by side. */
export function linears(scope: LayerScope, x: Value, names: readonly string[]): Value {
  return joinedLinears(scope.parameters, x, linearModulesOf(scope, names));
}

/** Several modules on one input, an output each. */
export function linearsApart(scope: LayerScope, x: Value, names: readonly string[]): Value[] {
  return separateLinears(scope.parameters, x, linearModulesOf(scope, names));
}

function linearModulesOf({ modules, prefix }: LayerScope, names: readonly string[]): LinearModule[] {
  return names.map((name) => {
    const module = modules.get(name);
    if (module === undefined || !isLinear(module)) throw new TypeError(`the family has no linear ${name}`);
    return { module: prefix + name, shape: module.shape, bias: module.bias ?? false };
  });
}

/** What the layer keeps after its attention, of x [B * T, ...]. */
export function onward({ wanted }: LayerScope, x: Value): Value {
  return wanted === undefined ? x : gather(x, wanted, 0);
}

/** The layer's norm of this name; x [..., size of the norm]. */
export function norm(scope: LayerScope, x: Value, name: string): Value {
  return normalise(scope, x, scope.prefix + name);
}

/** The norm of this full name, over the last axis. */
export function normalise({ config, norm, parameters }: DecoderScope, x: Value, module: string): Value {
  const size = [x.shape.at(-1) as Dim];
  const gain = parameters.parameter(`${module}.weight`, size);
  switch (norm) {
    case 'rms':
      return rmsNorm(x, gain, config.rmsNormEps);
    case 'rms-offset':
      return rmsNorm(x, add(gain, 1), config.rmsNormEps);
    case 'layer':
      return layerNorm(x, gain, parameters.parameter(`${module}.bias`, size), config.rmsNormEps);
  }
}

/** The two axes of the batch. */
export function batchAxes({ inputs }: DecoderScope): readonly [B: Dim, T: Dim] {
  return inputs.inputIds.shape as [Dim, Dim];
}

/** B * T, the rows of every activation. */
export function tokenRows(scope: DecoderScope): Dim {
  return multiplyDims(...batchAxes(scope));
}
