import { SipfError } from './sipf-error.ts';

/** The reason of an error for want of room on a disk. */
const REASON = 'STORAGE_FULL';
/** The operating system's words for it: no space left, quota used up. */
const CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/** Whether an error says, itself or by one of its causes, that a disk has no room left. */
export function isStorageFull(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof SipfError && cause.reason === REASON) return true;
    if ('code' in cause && CODES.includes(cause.code)) return true;
  }
  return false;
}

/**
 * The error for a full disk, as a caller may see it; a caller gains nothing by coming back soon, so that no time is named.
 * @param whose disk it is, e.g. `the training service`
 */
export function storageFull(whose: string, cause: unknown): SipfError {
  const message = `no room is left on a disk of ${whose} (its log names the file): make room there; what was done is kept`;
  return new SipfError('resource-exhausted', message, { reason: REASON, cause });
}
