import type { ExternalData } from '@sipf/graph';
import type { ExternalTensors } from '../session/session.ts';

/** Smaller tensors lie in the model's own bytes. */
const LEAST_OUTSIDE_BYTES = 4096;

/** Tensors beside a model's bytes, which may not exceed 2 GiB and would be held twice while a session opens. */
export interface OutsideTensors {
  /** For `openSession`; complete once the graph is built. */
  readonly external: ExternalTensors;
  /**
   * Keeps an array until the session has opened.
   * @returns how an initialiser names it; undefined for one that is so small that it had better be stored in the model
   */
  put(name: string, data: Float32Array | Uint8Array): ExternalData | undefined;
}

/** No tensors yet. @param folder where tensors lie that are not put here but mapped from their files */
export function createOutsideTensors(folder: string | undefined): OutsideTensors {
  const files = new Map<string, Uint8Array>();
  return {
    external: { folder, files },
    put(name, data) {
      if (data.byteLength < LEAST_OUTSIDE_BYTES) return undefined;
      files.set(name, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      return { location: name, offset: 0, length: data.byteLength };
    },
  };
}
