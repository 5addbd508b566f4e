import { common } from '@sipf/contracts';
import { parameterShapes, type DecoderConfig } from '@sipf/models';
import type { FoundModel } from './model-finder.ts';

/** A loaded model as `Info` tells of it. */
export function modelDescription({
  found,
  config,
}: {
  readonly found: FoundModel;
  readonly config: DecoderConfig;
}): common.LoadedModel {
  const sizes = [...parameterShapes(config).values()].map((shape) => shape.reduce((a, b) => a * b, 1));
  return common.LoadedModel.fromPartial({
    model: found.ref,
    family: config.modelType,
    parameters: BigInt(sizes.reduce((a, b) => a + b, 0)),
    maxSequenceTokens: config.maxPositionEmbeddings,
  });
}
