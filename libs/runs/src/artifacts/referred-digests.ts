import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Subfolders that hold artifacts themselves, or nothing that refers to any. */
const NO_REFERENCES = new Set(['artifacts', 'logs', 'models', 'report', 'nats']);

/**
 * Every digest that anything in a folder of runs names: logs, journals, jobs of the training service, shared stages. More
 * than a run needs may be named; what is not named is needed by none.
 */
export async function referredDigests(runs: string): Promise<ReadonlySet<string>> {
  const digests = new Set<string>();
  for (const path of await textFiles(runs)) {
    const text = await readFile(path, 'utf8');
    for (const [digest] of text.matchAll(/sha256:[0-9a-f]{64}/g)) digests.add(digest);
  }
  return digests;
}

async function textFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return NO_REFERENCES.has(entry.name) ? [] : await textFiles(path);
      return entry.isFile() && /\.jsonl?$/.test(entry.name) ? [path] : [];
    }),
  );
  return found.flat();
}
