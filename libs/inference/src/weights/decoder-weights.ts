import type { DecoderConfig } from '@sipf/models';
import type { ReadWeight } from './initializer-parameters.ts';

/** A model's shape and its tensors. */
export interface DecoderWeights {
  readonly config: DecoderConfig;
  readonly read: ReadWeight;
}
