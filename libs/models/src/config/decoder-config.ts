/** The decoder families that can be loaded, as `model_type` of config.json spells them. */
export const MODEL_TYPES = [
  'llama',
  'gemma',
  'phi',
  'mistral',
  'qwen2',
  'qwen3',
  'gemma2',
  'gemma3_text',
  'phi3',
  'smollm3',
] as const;
export type ModelType = (typeof MODEL_TYPES)[number];

/**
 * Rotary position embedding: frequency i is theta^(-2i / Dh), scaled as `kind` says.
 * Every length is in positions, every factor is a plain ratio.
 */
export type RopeConfig =
  | { readonly kind: 'default'; readonly theta: number }
  | { readonly kind: 'linear'; readonly theta: number; readonly factor: number }
  | {
      readonly kind: 'dynamic';
      readonly theta: number;
      readonly factor: number;
      readonly originalMaxPositionEmbeddings: number;
    }
  | {
      readonly kind: 'llama3';
      readonly theta: number;
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    }
  | {
      readonly kind: 'yarn';
      readonly theta: number;
      readonly factor: number;
      /** Turns over the original length above which a pair is left as it is, and below which it is divided. */
      readonly betaFast: number;
      readonly betaSlow: number;
      /** Of the rotated queries and keys. */
      readonly attentionFactor: number;
      /** Whether the band's ends are whole pairs. */
      readonly truncate: boolean;
      readonly originalMaxPositionEmbeddings: number;
    }
  | {
      readonly kind: 'longrope';
      readonly theta: number;
      /** What each pair's frequency is divided by in a sequence of at most the original length; R / 2 of them. */
      readonly shortFactors: readonly number[];
      /** The same in longer ones. */
      readonly longFactors: readonly number[];
      /** Of the rotated queries and keys. */
      readonly attentionFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    };

/**
 * What a verifier's head sees: the hidden state [B, T, D] alone, or beside it the running minimum of the path's token
 * log-probabilities under the model's own LM head.
 */
export const VERIFIER_FEATURES = ['hidden', 'hidden+confidence'] as const;
export type VerifierFeatures = (typeof VERIFIER_FEATURES)[number];

/** A linear head with `numLabels` outputs at every token, as `*ForTokenClassification` has. */
export interface TokenClassificationHead {
  readonly kind: 'token-classification';
  readonly numLabels: number;
  /** Kept in config.json as `sipf_verifier_features`; absent there means `hidden`. */
  readonly features: VerifierFeatures;
  /**
   * The text before the first step, with `{question}` where the question stands; `sipf_prompt_template` in config.json.
   * @default DEFAULT_PROMPT_TEMPLATE
   */
  readonly promptTemplate?: string;
}

/** Two linear layers with a ReLU between them at every token, as `*ForProcessRewardModel` of Qwen2.5-Math-PRM has. */
export interface MlpScoreHead {
  readonly kind: 'mlp-score';
  readonly numLabels: number;
  readonly features: 'hidden';
  readonly promptTemplate?: never;
}

/** A language model that says whether a step is right by its next token: its own head, read at two tokens. */
export interface TokenPairHead {
  readonly kind: 'token-pair';
  readonly numLabels: 2;
  readonly features: 'hidden';
  readonly promptTemplate?: never;
  /** The token that means "right", e.g. `+`. */
  readonly goodTokenId: number;
  /** The token that means "wrong", e.g. `-`. */
  readonly badTokenId: number;
}

/** A head that scores steps. */
export type VerifierHead = TokenClassificationHead | MlpScoreHead | TokenPairHead;

/** What sits on the decoder's last hidden state. */
export type HeadConfig = 'lm' | VerifierHead;

/** Standard deviation of the matrices of an untrained model where a file names none. */
export const INITIAL_DEVIATION = 0.02;

/** A decoder's shape and arithmetic, normalised from a Hugging Face config.json; all sizes are positive integers. */
export interface DecoderConfig {
  readonly modelType: ModelType;
  /** D */
  readonly hiddenSize: number;
  /** L */
  readonly numHiddenLayers: number;
  /** H, a multiple of K */
  readonly numAttentionHeads: number;
  /** K */
  readonly numKeyValueHeads: number;
  /** Dh; not always D / H */
  readonly headDim: number;
  /** F */
  readonly intermediateSize: number;
  /** V, rows of the embedding */
  readonly vocabSize: number;
  /** Epsilon of all norms, LayerNorm's too where a family has it. */
  readonly rmsNormEps: number;
  /** The LM head is the embedding's transpose and has no tensor of its own. */
  readonly tieWordEmbeddings: boolean;
  readonly maxPositionEmbeddings: number;
  readonly rope: RopeConfig;
  /** Of the matrices of an untrained model. @default {@link INITIAL_DEVIATION} */
  readonly initialDeviation?: number;
  /** RoPE of the layers with a sliding window where it is another one (Gemma 3). @default `rope` */
  readonly localRope?: RopeConfig;
  /** Elements of a head that RoPE rotates, the first ones; even. @default Dh */
  readonly rotaryDim?: number;
  /** Indices of the layers without RoPE (SmolLM 3). @default none */
  readonly nopeLayers?: readonly number[];
  /** Keys that a layer's queries see, their own included; null for all. One entry a layer. @default null everywhere */
  readonly layerWindows?: readonly (number | null)[];
  /** Scores are divided by its square root. @default Dh */
  readonly queryPreAttnScalar?: number;
  /** Bound of attention scores, see `softcap` (Gemma 2). @default none */
  readonly attnLogitSoftcapping?: number;
  /** Whether the LM head has a bias (Phi). @default false */
  readonly lmHeadBias?: boolean;
  /** Bound of the LM head's logits (Gemma 2). @default none */
  readonly finalLogitSoftcapping?: number;
  /** Whether the q, k, v and o projections have a bias, in families that leave it open. */
  readonly attentionBias: boolean;
  /** Whether the gate, up and down projections have a bias, in families that leave it open. */
  readonly mlpBias: boolean;
  readonly bosTokenId: number | null;
  /** Empty where the config names none. */
  readonly eosTokenIds: readonly number[];
  readonly padTokenId: number | null;
  readonly head: HeadConfig;
}

/** RoPE of the layers that see everything, and of those with a sliding window. */
export function ropesOf({ rope, localRope = rope }: DecoderConfig): readonly RopeConfig[] {
  return [rope, localRope];
}

/** Whether a token's angles depend on how many tokens its sequence has. */
export function dependsOnLength(config: DecoderConfig): boolean {
  return ropesOf(config).some(({ kind }) => kind === 'dynamic' || kind === 'longrope');
}

/**
 * The longest sequence that a prompt can be continued to, in tokens: the keys of a short one have other angles than those
 * of a long one (LongRoPE), so that it stays short.
 */
export function longestContinuation(
  { rope, maxPositionEmbeddings }: DecoderConfig,
  promptLength: number,
): number {
  if (rope.kind !== 'longrope' || promptLength > rope.originalMaxPositionEmbeddings)
    return maxPositionEmbeddings;
  return Math.min(rope.originalMaxPositionEmbeddings, maxPositionEmbeddings);
}

/** R, the elements of a head that RoPE rotates. */
export function rotaryWidth({ rotaryDim, headDim }: DecoderConfig): number {
  return rotaryDim ?? headDim;
}
