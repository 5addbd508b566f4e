import { readFileSync } from 'node:fs';
import { SipfError } from '@sipf/errors';

/**
 * A certificate's, key's or token's file.
 * @throws SipfError `failed-precondition` with the given reason, naming the file and what the system says
 */
export function readSecretFile(path: string, reason: 'TLS_INVALID' | 'TOKENS_INVALID'): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new SipfError('failed-precondition', `cannot read ${path} (${code})`, { reason, cause });
  }
}
