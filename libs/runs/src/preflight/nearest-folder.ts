import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The folder at a path, or the nearest one above it that is there. @param path absolute */
export async function nearestFolder(path: string): Promise<string> {
  const info = await stat(path).catch(() => undefined);
  return info?.isDirectory() === true || dirname(path) === path ? path : nearestFolder(dirname(path));
}
