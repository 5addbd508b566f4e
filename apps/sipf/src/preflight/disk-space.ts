import { statfs } from 'node:fs/promises';
import { nearestFolder } from '../files/nearest-folder.ts';
import { size } from '@sipf/runs';

/**
 * A warning where the file system of a folder, there or not yet, has less space than a run is estimated to need: no refusal, as the
 * estimate is rather too high and space may be made while the run continues.
 * @param needed bytes
 */
export async function lowSpace(needed: number, folder: string): Promise<string[]> {
  const existing = await nearestFolder(folder);
  const info = await statfs(existing).catch(() => undefined);
  const free = info === undefined ? undefined : info.bavail * info.bsize;
  if (free === undefined || free >= needed) return [];
  return [
    `warning: ${existing} has ${size(free)} free, less than the ${size(needed)} that the run may need; make room, or give another folder by --runs`,
  ];
}
