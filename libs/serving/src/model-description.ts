import { common } from '@sipf/contracts';
import type { Placement, WeightQuantisation } from '@sipf/inference';
import { parameterShapes, type DecoderConfig } from '@sipf/models';
import type { FoundModel } from './model-finder.ts';

/** A loaded model to describe. */
export interface DescribedModel {
  readonly found: FoundModel;
  readonly config: DecoderConfig;
  readonly quantisation: WeightQuantisation;
  readonly placement?: Placement | undefined;
}

/** A loaded model as `Info` reports it. */
export function modelDescription({ found, config, quantisation }: DescribedModel): common.LoadedModel {
  const sizes = [...parameterShapes(config).values()].map((shape) => shape.reduce((a, b) => a * b, 1));
  return common.LoadedModel.fromPartial({
    model: found.ref,
    family: config.modelType,
    parameters: BigInt(sizes.reduce((a, b) => a + b, 0)),
    quantisation: quantisation === 'none' ? '' : quantisation,
    maxSequenceTokens: config.maxPositionEmbeddings,
  });
}
