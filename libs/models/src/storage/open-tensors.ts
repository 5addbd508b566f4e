import type { DecoderConfig } from '../config/decoder-config.ts';
import { openWeights, type Weights } from './open-weights.ts';
import { readDecoderConfig } from './read-decoder-config.ts';
import { withStoredLmHead } from './stored-lm-head.ts';

/**
 * A folder's configuration and the headers of its weights, of which nothing is read.
 * @throws SipfError as readDecoderConfig and {@link openWeights}
 */
export function openTensors(dir: string): { readonly config: DecoderConfig; readonly tensors: Weights } {
  const written = readDecoderConfig(dir);
  const tensors = openWeights(dir);
  try {
    return { config: withStoredLmHead(written, tensors), tensors };
  } catch (error) {
    tensors.close();
    throw error;
  }
}
