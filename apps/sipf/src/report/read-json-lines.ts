import { readFile } from 'node:fs/promises';

/** The whole lines of a file of JSON lines, as its writer's type says; none where the file is missing. */
export async function readWholeLines(path: string): Promise<unknown[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
  // The last one may be torn while its writer is at work.
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
  return lines.map((line) => JSON.parse(line) as unknown);
}
