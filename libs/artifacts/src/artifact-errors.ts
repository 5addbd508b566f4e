import { SipfError } from '@sipf/errors';

export function artifactNotFound(digest: string): SipfError {
  const options = { reason: 'ARTIFACT_NOT_FOUND', metadata: { digest } };
  return new SipfError('not-found', `artifact ${digest} is not in the store`, options);
}

export function artifactCorrupt(digest: string, why: string): SipfError {
  const options = { reason: 'ARTIFACT_CORRUPT', metadata: { digest } };
  return new SipfError('data-loss', `artifact ${digest} is damaged: ${why}`, options);
}

/** Whether an error is the operating system's with one of these codes. */
export function isSystemError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
