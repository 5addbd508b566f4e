import { SipfError } from '@sipf/errors';
import { statSync } from 'node:fs';

/** What the system says of files alone, and not of connections. */
const OF_FILES: readonly unknown[] = ['EACCES', 'EPERM', 'EIO', 'EISDIR', 'ENOTDIR', 'ELOOP'];

/** What the system says of a file that it does not let be read, in words; undefined for any other error. */
export function whyUnreadable(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return OF_FILES.includes(code)
    ? `cannot be read (${String(code)}): look at its rights and at its disk`
    : undefined;
}

/**
 * Refuses what is there and is not a file: reading a pipe would wait for ever, and a device may have no end.
 * @param remedy what to do beside moving it away
 * @throws SipfError data-loss LOG_CORRUPT
 */
export function requireFile(path: string, remedy: string): void {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined || info.isFile()) return;
  const field = path.split('/').slice(-2).join('/');
  const why = `is a ${info.isDirectory() ? 'folder' : 'pipe or a device'}, not a file`;
  throw new SipfError('data-loss', `${field} ${why}: move it away; ${remedy}`, {
    reason: 'LOG_CORRUPT',
    violations: [{ field, description: why }],
  });
}
