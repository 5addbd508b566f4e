import type { DecoderConfig } from '@sipf/models';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** How the weights of a file are kept; norms are always float32, as llama.cpp asks. */
export type GgufWeights = 'f32' | 'f16';

/** llama.cpp's numbers of the kinds of metadata values and tensors that are written here. */
const KIND = { uint32: 4, int32: 5, float32: 6, string: 8, array: 9 } as const;
/** Of a token: a usual one. */
const NORMAL = 1;
const TENSOR = { f32: 0, f16: 1 } as const;
const ALIGNMENT = 32;

/** A tensor of a model by its name in a Hugging Face folder. */
export type ReadTensor = (name: string) => { readonly shape: readonly number[]; readonly data: Float32Array };

/**
 * Writes a tied Llama as a file of llama.cpp's format (GGUF 3), for prompts of token ids: its tokens are names, no text.
 * @param read float32 tensors by their Hugging Face names
 */
export async function writeGguf(
  path: string,
  config: DecoderConfig,
  { read, weights }: { readonly read: ReadTensor; readonly weights: GgufWeights },
): Promise<void> {
  const tensors = namesOf(config).map(({ own, theirs, heads }) => {
    const { shape, data } = read(theirs);
    const kind = shape.length > 1 ? weights : ('f32' as const);
    const values = heads === undefined ? data : interleaveHalves(data, heads, shape);
    return { name: own, shape, kind, bytes: bytesOf(values, kind) };
  });
  const metadata = metadataOf(config);
  let offset = 0;
  const entries = tensors.map(({ name, shape, kind, bytes }) => {
    const entry = [
      text(name),
      uint32(shape.length),
      ...[...shape].reverse().map(uint64),
      uint32(TENSOR[kind]),
      uint64(offset),
    ];
    offset += padded(bytes.length);
    return Buffer.concat(entry);
  });
  const head = Buffer.concat([
    ...[Buffer.from('GGUF'), uint32(3), uint64(tensors.length), uint64(metadata.length)],
    ...[...metadata, ...entries],
  ]);
  const out = createWriteStream(path);
  for (const bytes of [head, ...tensors.map(({ bytes }) => bytes)]) {
    const filled = Buffer.alloc(padded(bytes.length));
    filled.set(bytes);
    if (!out.write(filled)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

interface TensorName {
  readonly own: string;
  readonly theirs: string;
  /** Heads whose rotated halves llama.cpp wants in turn. */
  readonly heads?: number;
}

function namesOf({ numHiddenLayers, numAttentionHeads, numKeyValueHeads }: DecoderConfig): TensorName[] {
  const layer = (index: number): TensorName[] => {
    const [own, theirs] = [`blk.${index}`, `model.layers.${index}`];
    const name = (short: string, long: string, heads?: number): TensorName => ({
      own: `${own}.${short}.weight`,
      theirs: `${theirs}.${long}.weight`,
      ...(heads !== undefined && { heads }),
    });
    return [
      name('attn_norm', 'input_layernorm'),
      name('attn_q', 'self_attn.q_proj', numAttentionHeads),
      name('attn_k', 'self_attn.k_proj', numKeyValueHeads),
      name('attn_v', 'self_attn.v_proj'),
      name('attn_output', 'self_attn.o_proj'),
      name('ffn_norm', 'post_attention_layernorm'),
      ...(['gate', 'up', 'down'] as const).map((part) => name(`ffn_${part}`, `mlp.${part}_proj`)),
    ];
  };
  return [
    { own: 'token_embd.weight', theirs: 'model.embed_tokens.weight' },
    ...Array.from({ length: numHiddenLayers }, (_, index) => layer(index)).flat(),
    { own: 'output_norm.weight', theirs: 'model.norm.weight' },
  ];
}

/** Rows of each head from (first half, second half), as Hugging Face turns them, to pairs, as llama.cpp does. */
function interleaveHalves(data: Float32Array, heads: number, shape: readonly number[]): Float32Array {
  const [rows = 0, width = 0] = shape;
  const half = rows / heads / 2;
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const head = Math.floor(row / (2 * half));
    const within = row % (2 * half);
    const from = head * 2 * half + (within % 2) * half + Math.floor(within / 2);
    result.set(data.subarray(from * width, (from + 1) * width), row * width);
  }
  return result;
}

function bytesOf(values: Float32Array, kind: GgufWeights): Uint8Array {
  const kept = kind === 'f16' ? Float16Array.from(values) : values;
  return new Uint8Array(kept.buffer, kept.byteOffset, kept.byteLength);
}

function metadataOf(config: DecoderConfig): Buffer[] {
  const numbers: Readonly<Record<string, number>> = {
    'llama.context_length': config.maxPositionEmbeddings,
    'llama.embedding_length': config.hiddenSize,
    'llama.block_count': config.numHiddenLayers,
    'llama.feed_forward_length': config.intermediateSize,
    'llama.attention.head_count': config.numAttentionHeads,
    'llama.attention.head_count_kv': config.numKeyValueHeads,
    'llama.rope.dimension_count': config.headDim,
    'llama.vocab_size': config.vocabSize,
    'tokenizer.ggml.bos_token_id': config.bosTokenId ?? 0,
    'tokenizer.ggml.eos_token_id': config.eosTokenIds[0] ?? 0,
  };
  const theta = config.rope.kind === 'default' ? config.rope.theta : 10_000;
  const floats: Readonly<Record<string, number>> = {
    'llama.attention.layer_norm_rms_epsilon': config.rmsNormEps,
    'llama.rope.freq_base': theta,
  };
  const strings: Readonly<Record<string, string>> = {
    'general.architecture': 'llama',
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'default',
  };
  const tokens = Array.from({ length: config.vocabSize }, (_, id) => text(`<${id}>`));
  const lists: Readonly<Record<string, readonly [kind: number, values: readonly Buffer[]]>> = {
    'tokenizer.ggml.tokens': [KIND.string, tokens],
    'tokenizer.ggml.token_type': [KIND.int32, tokens.map(() => uint32(NORMAL))],
    // llama.cpp refuses a vocabulary without any.
    'tokenizer.ggml.merges': [KIND.string, [text('< 0')]],
  };
  const entry = (name: string, kind: number, value: Buffer): Buffer =>
    Buffer.concat([text(name), uint32(kind), value]);
  return [
    ...Object.entries(strings).map(([name, value]) => entry(name, KIND.string, text(value))),
    ...Object.entries(numbers).map(([name, value]) => entry(name, KIND.uint32, uint32(value))),
    ...Object.entries(floats).map(([name, value]) => entry(name, KIND.float32, float32(value))),
    ...Object.entries(lists).map(([name, [kind, values]]) =>
      entry(name, KIND.array, Buffer.concat([uint32(kind), uint64(values.length), ...values])),
    ),
  ];
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}
