import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../artifacts/verify-artifact.ts';
import { whyUnreadable } from '../folder/require-file.ts';
import { layoutIn } from '../folder/run-layout.ts';
import { journalFault } from '../log/journal.ts';

/** Checks the journals of a run's stages: what is computed again continues them. */
export async function* verifyJournals(folder: string): AsyncGenerator<Finding> {
  const { stages } = layoutIn(folder);
  const names = await readdir(stages).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    const words = whyUnreadable(error);
    if (words === undefined) throw error;
    return words;
  });
  if (typeof names === 'string') {
    yield { subject: 'stages', name: 'journals', sizeBytes: 0, fault: names };
    return;
  }
  for (const name of names.sort()) {
    const words = await journalFault(join(stages, name));
    const fault = words === undefined ? {} : { fault: words };
    yield { subject: `stages/${name}`, name: 'items that are done', sizeBytes: 0, ...fault };
  }
}
