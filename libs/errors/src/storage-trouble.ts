import { SipfError } from './sipf-error.ts';

/** The operating system's words for no room: no space left, quota used up. */
const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT'];
/** The disk takes nothing from anybody. */
const READ_ONLY = 'EROFS';
/** It takes nothing from this user. */
const FORBIDDEN: readonly unknown[] = ['EACCES', 'EPERM'];
const REASONS: readonly string[] = ['STORAGE_FULL', 'STORAGE_READ_ONLY'];

/**
 * Whether an error says, itself or by one of its causes, that a disk has no room left or is read-only: work that is begun again
 * once the disk takes it.
 */
export function isStorageTrouble(error: unknown): boolean {
  return chain(error).some(
    (cause) =>
      (cause instanceof SipfError && cause.kind === 'resource-exhausted' && REASONS.includes(cause.reason)) ||
      FULL.includes(codeOf(cause)) ||
      codeOf(cause) === READ_ONLY,
  );
}

/**
 * The error for a disk that does not take what is to be written, as a caller may see it; undefined for any other error. A
 * caller gains nothing by coming back soon, so that no time is named.
 * @param whose disk it is, e.g. `the training service`
 */
export function storageTrouble(whose: string, error: unknown): SipfError | undefined {
  const typed = chain(error).find((cause) => cause instanceof SipfError && REASONS.includes(cause.reason));
  if (typed instanceof SipfError) return typed;
  const codes = chain(error).map(codeOf);
  const options = { cause: error };
  if (codes.some((code) => FULL.includes(code))) {
    const message = `no room is left on a disk of ${whose} (its log names the file): make room there; what was done is kept`;
    return new SipfError('resource-exhausted', message, { reason: 'STORAGE_FULL', ...options });
  }
  if (codes.includes(READ_ONLY)) {
    const message = `a disk of ${whose} is read-only (its log names the file): mount it for writing; what was done is kept`;
    return new SipfError('resource-exhausted', message, { reason: 'STORAGE_READ_ONLY', ...options });
  }
  if (chain(error).some(isForbiddenFile)) {
    const message =
      `${whose} may not use a file or folder of its own (its log ` +
      'names it): give its user the right to read and write there';
    return new SipfError('failed-precondition', message, { reason: 'STORAGE_READ_ONLY', ...options });
  }
  return undefined;
}

/** An error and its causes. */
function chain(error: unknown): Error[] {
  const errors: Error[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) errors.push(cause);
  return errors;
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}

/** Sockets and processes are forbidden things too. */
function isForbiddenFile(error: Error): boolean {
  return FORBIDDEN.includes(codeOf(error)) && 'path' in error && typeof error.path === 'string';
}
