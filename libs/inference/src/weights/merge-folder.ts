import type { CallOptions } from '@sipf/async';
import type { PrecisionName } from '@sipf/contracts/devices';
import { startEngineWorker } from '../session/engine-worker.ts';

/** A base, an adapter of it, and the folder that their sum goes to. */
export interface MergeOrder {
  readonly folder: string;
  /** A PEFT folder. */
  readonly adapterFolder: string;
  /** A new folder. */
  readonly out: string;
  /** Of every floating-point tensor. @default the base's, tensor by tensor */
  readonly dtype?: PrecisionName;
}

/** What a merging thread does; it answers with the new folder's digest. */
export interface Merging {
  readonly merge: [MergeOrder, string];
}

/**
 * Writes a base with an adapter merged in as a model folder of its own; a language model whose adapter brings a verifier's head
 * becomes a verifier. In a thread of its own, with one tensor in memory at a time. Sums are rounded once, to nearest even;
 * tensors that the adapter leaves alone keep their bytes, and a head that only it has keeps its dtype.
 *
 * @returns the new folder's digest
 * @throws SipfError as openModel and saveModelFolder; failed-precondition MODEL_INVALID for a sum that float16 cannot hold;
 * cancelled or deadline-exceeded where the call ends first, and nothing is left of the folder
 */
export async function mergeFolder(order: MergeOrder, options?: CallOptions): Promise<string> {
  const worker = startEngineWorker<Merging>(new URL('./merge-thread.ts', import.meta.url), 'merge');
  try {
    return await worker.call('merge', order, options);
  } finally {
    await worker.close();
  }
}
