import { initialParameters, type DecoderConfig } from '@sipf/models';
import { createRng } from '@sipf/random';
import type { TinyModel } from '@sipf/serving/testing';
import { buildArithmeticTokenizer } from '@sipf/tasks';
import { randomVerifier } from './models.ts';

/** Positions of {@link slowVerifier}. */
const SLOW_POSITIONS = 1024;

/** A verifier whose single pass over a long path takes much longer than a main thread may be blocked. */
export function slowVerifier(): TinyModel {
  const { config: small } = randomVerifier('slow');
  const config: DecoderConfig = {
    ...small,
    ...{ hiddenSize: 256, numHiddenLayers: 4, numAttentionHeads: 8, numKeyValueHeads: 8, headDim: 32 },
    ...{ intermediateSize: 1024, maxPositionEmbeddings: SLOW_POSITIONS },
  };
  const parameters = initialParameters(config, createRng('slow'));
  return { config, parameters, tokenizer: buildArithmeticTokenizer(SLOW_POSITIONS) };
}

/** Steps that fill its longest sequence. */
export const SLOW_ROWS = [{ question: '1+1', steps: ['1'.repeat(SLOW_POSITIONS - 40)] }];
