import type { PrecisionName } from '@sipf/contracts/devices';
import type { ExternalData } from '@sipf/graph';
import type { DecoderConfig } from '@sipf/models';
import type { WeightQuantisation } from './model-source.ts';

/** Reads a float32 tensor by its Hugging Face name. */
export type ReadWeight = (name: string) => Float32Array;

/** A model's shape and its tensors. */
export interface DecoderWeights {
  readonly config: DecoderConfig;
  readonly quantisation: WeightQuantisation;
  readonly precision: PrecisionName;
  readonly read: ReadWeight;
  /** The folder of the files that `locate` names; undefined for weights from memory. */
  readonly folder: string | undefined;
  /** Where a tensor lies in a file of `folder` as the graph needs it; undefined where it has to be read. */
  locate(name: string): ExternalData | undefined;
}
