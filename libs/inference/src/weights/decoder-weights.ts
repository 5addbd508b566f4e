import type { ExternalData } from '@sipf/graph';
import type { DecoderConfig } from '@sipf/models';
import type { WeightQuantisation } from './model-source.ts';

/** Reads a float32 tensor by its Hugging Face name. */
export type ReadWeight = (name: string) => Float32Array;

/** A model's shape and its tensors. */
export interface DecoderWeights {
  readonly config: DecoderConfig;
  readonly quantisation: WeightQuantisation;
  readonly read: ReadWeight;
  /** The folder of the files that `locate` names; undefined for weights from memory. */
  readonly folder: string | undefined;
  /** Where a tensor lies as it is, float32, in a file of `folder`; undefined where it has to be read. */
  locate(name: string): ExternalData | undefined;
}
