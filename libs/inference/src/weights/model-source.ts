import type { PrecisionName } from '@sipf/contracts/devices';
import type { DecoderConfig, HeadConfig } from '@sipf/models';
import type { Placement } from '../session/placement.ts';

/**
 * How weights are kept: in blocks with a scale each, in 8 bits (`int8`), or most of the feed-forward layers in 4 and all others
 * in 8 (`int4`); what is multiplied by them is rounded to 8.
 */
export const WEIGHT_QUANTISATIONS = ['none', 'int8', 'int4'] as const;
export type WeightQuantisation = (typeof WEIGHT_QUANTISATIONS)[number];

/** Where a worker finds a model; small enough to be sent to it, weights given in memory aside. */
export type ModelSource = (FolderSource | MemorySource) & {
  /** @default 'none' */
  readonly quantisation?: WeightQuantisation;
  /**
   * What matrices are kept in and multiplied by; whatever is between products stays float32. Only with weights that are not
   * quantised. @default 'float32'
   */
  readonly precision?: PrecisionName;
};

/** A Hugging Face folder, with a LoRA adapter on top where one is named. */
export interface FolderSource {
  readonly folder: string;
  /** A PEFT folder; it is merged into the weights at load. */
  readonly adapterFolder?: string;
  /** What `digestFolder` must give for the folder, where that is known; another folder is refused. */
  readonly digest?: string;
  /** Read with this head instead of the one that config.json names, e.g. a language model as a verifier. */
  readonly head?: HeadConfig | undefined;
}

/** Weights held in memory under their Hugging Face names, float32 row-major; there is no tokenizer. */
export interface MemorySource {
  readonly config: DecoderConfig;
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

/** What is known of a loaded model on the owner's side. */
export interface ModelFacts {
  readonly config: DecoderConfig;
  /** `sha256:<hex>` of the folder, followed by `+` and the adapter's; undefined for weights from memory. */
  readonly digest: string | undefined;
  /** Together with the digest what a sample depends on. */
  readonly quantisation: WeightQuantisation;
  /** @default float32 */
  readonly precision?: PrecisionName;
  /** Tokens that end a sample unless the request names others. */
  readonly stopTokenIds: readonly number[];
  /** Names of tensors in the folder that its architecture has no place for. @default none */
  readonly unused?: readonly string[];
  /** Where its graph's nodes are computed, on a device other than the CPU. */
  readonly placement?: Placement;
}
