import { common } from '@sipf/contracts';
import type { WeightQuantisation } from '@sipf/inference';
import { parameterShapes, type DecoderConfig } from '@sipf/models';
import type { FoundModel } from './model-finder.ts';

/** What is told of a loaded model. */
export interface DescribedModel {
  readonly found: FoundModel;
  readonly config: DecoderConfig;
  readonly quantisation: WeightQuantisation;
}

/** A loaded model as `Info` tells of it. */
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
