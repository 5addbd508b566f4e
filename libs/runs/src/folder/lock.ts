import { SipfError } from '@sipf/errors';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { identityOf, isAlive, processIdentity, type ProcessIdentity } from './process-identity.ts';

/**
 * Makes this process the only writer of a run. The lock of a process that no longer lives is taken over.
 * @throws SipfError `failed-precondition` RUN_IN_USE while another process holds it
 * @returns releases the lock
 */
export async function acquireLock(path: string): Promise<() => Promise<void>> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await writeFile(path, JSON.stringify(identityOf(process.pid)), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readHolder(path);
    if (holder !== undefined && isAlive(holder)) throw inUse(holder);
    await removeStale(path);
  }
  throw new SipfError('failed-precondition', 'other processes are taking this run at the same time', {
    reason: 'RUN_IN_USE',
  });
}

/** Moves a dead holder's lock away; puts it back where a living process was faster and took the name meanwhile. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const holder = await readHolder(aside);
  const alive = holder !== undefined && isAlive(holder);
  if (alive) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
  if (alive) throw inUse(holder);
}

function inUse(holder: ProcessIdentity): SipfError {
  return new SipfError('failed-precondition', `process ${holder.pid} is driving this run`, {
    reason: 'RUN_IN_USE',
  });
}

/** Undefined for a lock that was torn by its writer's death. */
async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return processIdentity.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Whether a living process holds the lock. */
export async function isLocked(path: string): Promise<boolean> {
  const holder = await readHolder(path);
  return holder !== undefined && isAlive(holder);
}
