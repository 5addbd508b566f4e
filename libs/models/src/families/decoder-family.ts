import type { Value } from '@sipf/graph';
import type { DecoderConfig } from '../config/decoder-config.ts';
import type { KeyValue } from './decoder-inputs.ts';
import type { LayerScope } from './layer-scope.ts';
import type { LayerModule, NormKind } from './module-table.ts';

/** What one layer makes of its input. */
export interface LayerResult {
  /** float32 [B * T, D], or [U, D] where the layer keeps the wanted tokens alone. */
  readonly output: Value;
  readonly present: KeyValue;
}

/** One decoder architecture; every file of this folder that is named after a family holds one. */
export interface DecoderFamily {
  /** What all norms of the family are. */
  readonly norm: NormKind;
  /** Name of the norm after the last layer. */
  readonly finalNorm: string;
  /** The modules of every layer in the order of their tensors; the one table that shapes and graphs are made from. */
  modules(config: DecoderConfig): readonly LayerModule[];
  /** What a token's embedding is multiplied by. @default 1 */
  embeddingScale?(config: DecoderConfig): number;
  /** One layer; x float32 [B * T, D]. */
  layer(scope: LayerScope, x: Value): LayerResult;
}
