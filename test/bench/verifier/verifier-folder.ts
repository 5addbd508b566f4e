import { wordTokenizer } from '@sipf/serving/testing';
import { writeModel } from '../../support/models.ts';
import { LLAMA_SHAPES, llamaConfig, type ShapeName } from '../support/llama-shapes.ts';
import { noiseParameters } from '../support/noise-parameters.ts';
import { WORDS } from './ragged-paths.ts';

/** Writes a verifier of random weights and of this shape, which reads {@link WORDS}, and returns its folder. */
export async function writeVerifier(under: string, shape: ShapeName): Promise<string> {
  const head = { kind: 'token-classification', numLabels: 2, features: 'hidden' } as const;
  const config = { ...llamaConfig(LLAMA_SHAPES[shape]), head };
  const parameters = noiseParameters(config, `verifier-bench/${shape}`);
  return await writeModel(under, `verifier-${shape}`, {
    config,
    parameters,
    tokenizer: wordTokenizer(WORDS),
  });
}
