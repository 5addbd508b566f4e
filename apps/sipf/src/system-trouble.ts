import { SipfError } from '@sipf/errors';

const FORBIDDEN = 'this user may not do that: give it the right, or choose another place';
const FULL = 'no room is left on its disk: make room there, or choose another place';
/** What the operating system says of files and folders, in words with a remedy. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EROFS: 'its disk is read-only: mount it for writing, or choose another place',
  ENOSPC: FULL,
  EDQUOT: FULL,
  EIO: 'its disk does not answer as it should: restore it from a copy elsewhere',
  ENOTDIR: 'a part of its path is a file: choose another place',
  EISDIR: 'it is a folder: name a file',
};

/**
 * The error for a file or folder that the operating system refuses to a command of this machine; undefined for any other error.
 * A folder that is to be made with those above it is said to be missing where its disk is read-only.
 */
export function systemTrouble(error: unknown): SipfError | undefined {
  if (!(error instanceof Error) || error instanceof SipfError) return undefined;
  const { code = '', path = 'a file', syscall } = error as NodeJS.ErrnoException;
  const words = code === 'ENOENT' && syscall === 'mkdir' ? WORDS['EROFS'] : WORDS[code];
  if (words === undefined) return undefined;
  const message = `${path} cannot be ${syscall === 'mkdir' ? 'made' : 'used'} (${code}): ${words}`;
  const kind = words === FULL ? 'resource-exhausted' : 'failed-precondition';
  return new SipfError(kind, message, { reason: 'FILE_REFUSED', cause: error });
}
