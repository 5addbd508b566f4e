import { SipfError } from '@sipf/errors';
import { createHash } from 'node:crypto';

const DIGEST = /^sha256:([0-9a-f]{64})$/;

/** `sha256:<hex>` of the bytes. */
export function digestBytes(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Hash and length of a stream as its chunks pass. */
export interface RunningDigest {
  readonly update: (chunk: Uint8Array) => void;
  readonly finish: () => { readonly digest: string; readonly sizeBytes: number };
}

export function createRunningDigest(): RunningDigest {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  return {
    update: (chunk) => {
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
    },
    finish: () => ({ digest: `sha256:${hash.digest('hex')}`, sizeBytes }),
  };
}

/** The hex part of a digest, safe as a file name. @throws SipfError invalid-argument ARTIFACT_REF_INVALID */
export function digestHex(digest: string): string {
  const hex = DIGEST.exec(digest)?.[1];
  if (hex !== undefined) return hex;
  const description = `${JSON.stringify(digest.slice(0, 80))} is not sha256: and 64 hex digits`;
  throw new SipfError('invalid-argument', `artifact digest ${description}`, {
    reason: 'ARTIFACT_REF_INVALID',
    violations: [{ field: 'digest', description }],
  });
}
