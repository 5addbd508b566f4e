import { SipfError } from '@sipf/errors';
import { basename, resolve } from 'node:path';

/**
 * Names the folder in what is thrown on purpose while it is read: by its last name alone, which in a store is its digest, as
 * errors may reach those who are not to see paths. An error of an inner folder has that folder's name.
 */
export function inFolder<T>(dir: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw named(dir, error);
  }
}

/** As {@link inFolder}. */
export async function inFolderAsync<T>(dir: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw named(dir, error);
  }
}

const seen = new WeakSet<SipfError>();

function named(dir: string, error: unknown): unknown {
  if (!(error instanceof SipfError) || seen.has(error)) return error;
  const { kind, message, reason, metadata, violations, cause } = error;
  const whole = new SipfError(kind, `${basename(resolve(dir))}: ${message}`, {
    ...{ reason, metadata, violations },
    cause: cause ?? error,
  });
  seen.add(whole);
  return whole;
}
