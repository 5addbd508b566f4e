import type { InitialModelConfig, RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import {
  buildArithmeticTokenizer,
  buildProgramTokenizer,
  specialTokenIds,
  type TokenizerFiles,
} from '@sipf/tasks';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A tokenizer for a model of a longest sequence, in tokens. */
export type BuildTokenizer = (maxLength: number) => TokenizerFiles;

/** The tasks that bring a tokenizer of their own. */
const tokenizers: Readonly<Partial<Record<RunConfig['task']['name'], BuildTokenizer>>> = {
  arithmetic: buildArithmeticTokenizer,
  programs: buildProgramTokenizer,
};

/**
 * The tokenizer for a model that is trained from scratch on a task.
 * @param field how errors name the setting that asks for such a model
 * @throws SipfError `invalid-argument`, reason `INVALID_FIELD`, for a task without one
 */
export function tokenizerFor(task: RunConfig['task']['name'], field: string): BuildTokenizer {
  const tokenizer = tokenizers[task];
  if (tokenizer !== undefined) return tokenizer;
  const bundled = Object.keys(tokenizers).join(' and ');
  const description = `needs a task that brings a tokenizer (${bundled}); give a model folder instead`;
  throw new SipfError('invalid-argument', `${field} ${description}`, {
    reason: 'INVALID_FIELD',
    violations: [{ field, description }],
  });
}

/** Writes config.json and the tokenizer of a Llama without weights. */
export async function writeInitialModel(
  folder: string,
  shape: InitialModelConfig,
  buildTokenizer: BuildTokenizer,
): Promise<void> {
  const { tokenizer, config, vocabularySize } = buildTokenizer(shape.maxPositionEmbeddings);
  const files = {
    'config.json': llamaConfig(shape, vocabularySize),
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': config,
  };
  for (const [name, value] of Object.entries(files)) {
    await writeFile(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  }
}

/** A Hugging Face config.json; the special tokens have the same ids in every bundled vocabulary. */
function llamaConfig(shape: InitialModelConfig, vocabularySize: number): Record<string, unknown> {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: vocabularySize,
    hidden_size: shape.hiddenSize,
    intermediate_size: shape.intermediateSize,
    num_hidden_layers: shape.numHiddenLayers,
    num_attention_heads: shape.numAttentionHeads,
    num_key_value_heads: shape.numKeyValueHeads,
    head_dim: shape.hiddenSize / shape.numAttentionHeads,
    hidden_act: 'silu',
    initializer_range: 0.02,
    max_position_embeddings: shape.maxPositionEmbeddings,
    rms_norm_eps: 1e-6,
    rope_parameters: { rope_type: 'default', rope_theta: shape.ropeTheta },
    tie_word_embeddings: shape.tieWordEmbeddings,
    attention_bias: false,
    mlp_bias: false,
    bos_token_id: specialTokenIds.bos,
    eos_token_id: specialTokenIds.eos,
    pad_token_id: specialTokenIds.pad,
    dtype: 'float32',
  };
}
