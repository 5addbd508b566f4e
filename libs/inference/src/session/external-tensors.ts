import type { ExternalData } from '@sipf/graph';

/** Smaller tensors are stored in the model's own bytes. */
const LEAST_EXTERNAL_BYTES = 4096;

/**
 * Tensors outside a model's bytes, which may not exceed 2 GiB and would be held twice while a session opens; the model's
 * initialisers name them.
 */
export class ExternalTensors {
  /** Where the files are that are mapped, not read. */
  readonly folder: string | undefined;
  /** The arrays in memory by name; they are read while the session opens, and not kept. */
  readonly files = new Map<string, Uint8Array>();

  /** @param folder of tensors that are mapped from their files; undefined where there are none */
  constructor(folder?: string) {
    this.folder = folder;
  }

  /**
   * Keeps an array until the session has opened. A session finds either none or all of its external tensors in memory.
   * @returns how an initialiser names it; undefined for one that is so small that it had better be stored in the model
   */
  put(name: string, data: Float32Array | Uint16Array | Uint8Array): ExternalData | undefined {
    if (data.byteLength < LEAST_EXTERNAL_BYTES) return undefined;
    this.files.set(name, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { location: name, offset: 0, length: data.byteLength };
  }
}
