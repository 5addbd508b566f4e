import { SipfError } from '@sipf/errors';
import type { DecoderConfig } from '../config/decoder-config.ts';
import { parameterShapes } from '../families/registry.ts';
import type { TensorSource } from './host-tensor.ts';
import { openTensors } from './open-tensors.ts';

/** What transformers passes over without a word as well: computed from the configuration, or the embedding's other name. */
const SAID_ELSEWHERE = /(?:^|\.)rotary_emb\.inv_freq$/;
const LM_HEAD = 'lm_head.weight';
const NAMED = 3;

/**
 * Names of a folder's tensors that its architecture has no place for, e.g. biases that config.json says are absent. transformers
 * computes without them too, and says which they are.
 * @param config with the LM head that is stored, see openTensors
 */
export function unusedTensors({ names }: Pick<TensorSource, 'names'>, config: DecoderConfig): string[] {
  const used = parameterShapes(config);
  const isTied = config.head === 'lm' && config.tieWordEmbeddings;
  return names.filter(
    (name) => !used.has(name) && !SAID_ELSEWHERE.test(name) && !(isTied && name === LM_HEAD),
  );
}

/** The same of a folder; nothing for one that cannot be opened, which whoever opens it says. */
export function unusedTensorsIn(dir: string): string[] {
  try {
    const { config, tensors } = openTensors(dir);
    try {
      return unusedTensors(tensors, config);
    } finally {
      tensors.close();
    }
  } catch (error) {
    if (error instanceof SipfError) return [];
    throw error;
  }
}

/** A warning about tensors that are not used, for people; undefined where there are none. */
export function describeUnused(unused: readonly string[]): string | undefined {
  if (unused.length === 0) return undefined;
  const [named, others] = [unused.slice(0, NAMED).join(', '), unused.length - NAMED];
  const rest = others > 0 ? ` and ${others} more` : '';
  return (
    `${unused.length} tensors have no place in the architecture of ` +
    `config.json and are not used, as in transformers: ${named}${rest}`
  );
}
