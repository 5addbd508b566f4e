import { writeDurably } from '@sipf/artifacts';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const NAME = /^[a-f0-9-]{36}$/;

/**
 * The name under which orchestrators of a folder of runs are known to the event bus. It is in the folder, since folders
 * of different machines and containers have the same path. Of two that make it at once, each may use its own until its
 * next start, and hears everything.
 */
export async function subscriberOf(runs: string): Promise<string> {
  const path = join(runs, '.subscriber');
  const known = await read(path);
  if (known !== undefined) return known;
  const name = randomUUID();
  await writeDurably(path, `${name}\n`);
  return (await read(path)) ?? name;
}

/** Undefined where there is none, or something else. */
async function read(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
  const name = text.trim();
  return NAME.test(name) ? name : undefined;
}
