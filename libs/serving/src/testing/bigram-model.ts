import { parameterShapes, type DecoderConfig } from '@sipf/models';

/** Probabilities of the next token by the one before; what is left out is as good as impossible. */
export type Transitions = (token: number) => ReadonlyMap<number, number>;

/** Longest sequence of a {@link bigramModel} in tokens. */
export const BIGRAM_POSITIONS = 128;

/** Logit of a token that does not follow. */
const NEVER = -40;

/**
 * A Llama that computes a given table of transitions exactly, so that a test knows what is likely: a token's embedding is
 * a unit vector, the layers add nothing, and the head reads the table's column.
 */
export function bigramModel(
  vocabSize: number,
  transitions: Transitions,
  tokens: Pick<DecoderConfig, 'bosTokenId' | 'eosTokenIds' | 'padTokenId'>,
): { readonly config: DecoderConfig; readonly parameters: ReadonlyMap<string, Float32Array> } {
  const hiddenSize = vocabSize + (vocabSize % 2);
  const config: DecoderConfig = {
    modelType: 'llama',
    hiddenSize,
    numHiddenLayers: 1,
    numAttentionHeads: 1,
    numKeyValueHeads: 1,
    headDim: 4,
    intermediateSize: 4,
    vocabSize,
    rmsNormEps: 1e-9,
    tieWordEmbeddings: false,
    maxPositionEmbeddings: BIGRAM_POSITIONS,
    rope: { kind: 'default', theta: 10_000 },
    attentionBias: false,
    mlpBias: false,
    head: 'lm',
    ...tokens,
  };
  const parameters = new Map(
    [...parameterShapes(config)].map(([name, shape]) => {
      const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
      return [name, name.includes('norm') ? values.fill(1) : values] as const;
    }),
  );
  // A unit vector of D elements leaves RMSNorm as sqrt(D) times itself.
  const scale = Math.sqrt(hiddenSize);
  const embedding = parameters.get('model.embed_tokens.weight') as Float32Array;
  const head = parameters.get('lm_head.weight') as Float32Array;
  for (let token = 0; token < vocabSize; token++) {
    embedding[token * hiddenSize + token] = 1;
    const next = transitions(token);
    for (let other = 0; other < vocabSize; other++) {
      const probability = next.get(other);
      head[other * hiddenSize + token] = (probability === undefined ? NEVER : Math.log(probability)) / scale;
    }
  }
  return { config, parameters };
}
