import { SipfError } from '@sipf/errors';
import { readFileSync } from 'node:fs';

/**
 * Reads the file of a certificate, key or token.
 * @throws SipfError `failed-precondition` with the given reason, naming the file and the system's message
 */
export function readSecretFile(path: string, reason: 'TLS_INVALID' | 'TOKENS_INVALID'): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new SipfError('failed-precondition', `cannot read ${path} (${code})`, { reason, cause });
  }
}
