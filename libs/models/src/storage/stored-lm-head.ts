import type { DecoderConfig } from '../config/decoder-config.ts';
import { headParameterShapes } from '../heads/head-parameters.ts';
import type { HostTensor, TensorSource } from './host-tensor.ts';

const EMBEDDING = 'model.embed_tokens.weight';
const LM_HEAD = 'lm_head.weight';

/**
 * The configuration that a folder's tensors have: a tied LM head whose own matrix is stored beside the embedding, and is
 * another one, is not tied, whatever config.json says. transformers 5 sees it so.
 */
export function withStoredLmHead(config: DecoderConfig, tensors: TensorSource): DecoderConfig {
  if (!config.tieWordEmbeddings || !tensors.has(LM_HEAD) || !tensors.has(EMBEDDING)) return config;
  const untied = { ...config, tieWordEmbeddings: false };
  if (!headParameterShapes(untied).has(LM_HEAD)) return config;
  return haveSameBytes(tensors.tensor(LM_HEAD), tensors.tensor(EMBEDDING)) ? config : untied;
}

function haveSameBytes(one: HostTensor, other: HostTensor): boolean {
  return one.dtype === other.dtype && bytesOf(one).equals(bytesOf(other));
}

function bytesOf({ data }: HostTensor): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
