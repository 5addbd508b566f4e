import { statfs } from 'node:fs/promises';
import { size } from '../forecast/placement.ts';
import { nearestFolder } from './nearest-folder.ts';

/**
 * A warning where the file system of a folder, there or not yet, has less space than a run is estimated to need: no refusal, as
 * the
 * estimate is rather too high and space may be made while the run continues.
 * @param needed bytes
 * @param isRemote whether who reads it is elsewhere: a service does not reveal its paths
 */
export async function lowSpace(needed: number, folder: string, isRemote = false): Promise<string[]> {
  const existing = await nearestFolder(folder);
  const info = await statfs(existing).catch(() => undefined);
  const free = info === undefined ? undefined : info.bavail * info.bsize;
  if (free === undefined || free >= needed) return [];
  const has = `has ${size(free)} free, less than the ${size(needed)} that the run may need; make room`;
  if (isRemote) return [`warning: the disk of the orchestrator's runs ${has} there`];
  return [`warning: ${existing} ${has}, or give another folder by --runs`];
}
