import { ropesOf, type DecoderConfig } from './decoder-config.ts';
import { CONFIG_FORMATS } from './formats/index.ts';
import { headNames } from './own-heads.ts';
import { writtenPositions } from './read-rope.ts';
import { ropeFields } from './rope-schema.ts';

/**
 * The content of a config.json that transformers loads, or where it cannot compute the head, refuses. The rotary embedding is
 * written in both spellings, for transformers 5 and for earlier releases.
 *
 * @param dtype of the saved weights
 */
export function toHuggingFaceConfig(config: DecoderConfig, dtype: string): Record<string, unknown> {
  const format = CONFIG_FORMATS[config.modelType];
  const rope = { ...ropeFields(config.rope), rope_theta: config.rope.theta };
  const eos = config.eosTokenIds.length > 1 ? config.eosTokenIds : (config.eosTokenIds[0] ?? null);
  return {
    ...headNames(config, format.className),
    dtype,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.numHiddenLayers,
    num_attention_heads: config.numAttentionHeads,
    num_key_value_heads: config.numKeyValueHeads,
    head_dim: config.headDim,
    intermediate_size: config.intermediateSize,
    vocab_size: config.vocabSize,
    hidden_act: format.activation,
    [format.epsilonField ?? 'rms_norm_eps']: config.rmsNormEps,
    tie_word_embeddings: config.tieWordEmbeddings,
    max_position_embeddings: writtenPositions(ropesOf(config), config.maxPositionEmbeddings),
    ...(config.initialDeviation === undefined ? {} : { initializer_range: config.initialDeviation }),
    rope_parameters: rope,
    rope_theta: config.rope.theta,
    ...(config.rope.kind === 'default' ? {} : { rope_scaling: rope }),
    ...format.write(config),
    bos_token_id: config.bosTokenId,
    eos_token_id: eos,
    pad_token_id: config.padTokenId,
    ...headFields(config),
  };
}

function headFields({ head }: DecoderConfig): Record<string, unknown> {
  if (head === 'lm' || head.kind === 'token-pair') return {};
  if (head.kind === 'mlp-score') return { num_labels: head.numLabels };
  const labels = Array.from({ length: head.numLabels }, (_, label) => label);
  return {
    id2label: Object.fromEntries(labels.map((label) => [String(label), `LABEL_${label}`])),
    label2id: Object.fromEntries(labels.map((label) => [`LABEL_${label}`, label])),
    sipf_verifier_features: head.features,
    ...(head.promptTemplate === undefined ? {} : { sipf_prompt_template: head.promptTemplate }),
  };
}
