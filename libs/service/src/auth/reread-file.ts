import { statSync } from 'node:fs';
import { readSecretFile } from './read-secret-file.ts';

/** A file's parsed content, as fresh as the last check of the file. */
export interface RereadFile<T> {
  current(): T;
}

export interface RereadOptions<T> {
  readonly parse: (text: string) => T;
  /** Called with a change that could not be read or parsed; the earlier content stays in force. */
  readonly onError: (error: unknown) => void;
  /** Least time between two checks of the file. @default 1000 */
  readonly checkEveryMs?: number;
  /** A clock in milliseconds that never goes back. @default performance.now */
  readonly now?: () => number;
}

/**
 * Reads a file, and rereads it when it was changed or replaced: secrets can be rotated under a running service.
 * @throws SipfError `failed-precondition`, `TOKENS_INVALID`, or what `parse` throws, at the first reading only
 */
export function rereadFile<T>(path: string, options: RereadOptions<T>): RereadFile<T> {
  const { parse, onError, checkEveryMs = 1000, now = () => performance.now() } = options;
  let value = parse(readSecretFile(path, 'TOKENS_INVALID').toString('utf8'));
  let stamp = stampOf(path);
  let checkedAt = now();
  const refresh = (): void => {
    try {
      const latest = stampOf(path);
      if (latest === stamp) return;
      // Report a broken file once, not at every check.
      stamp = latest;
      value = parse(readSecretFile(path, 'TOKENS_INVALID').toString('utf8'));
    } catch (error) {
      onError(error);
    }
  };
  return {
    current() {
      if (now() - checkedAt >= checkEveryMs) {
        checkedAt = now();
        refresh();
      }
      return value;
    },
  };
}

/** Follows links: Kubernetes replaces a mounted secret by pointing a link elsewhere. */
function stampOf(path: string): string {
  const { mtimeMs, size, ino } = statSync(path);
  return `${mtimeMs} ${size} ${ino}`;
}
