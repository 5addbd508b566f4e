import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../artifacts/verify-artifact.ts';
import { layoutIn } from '../folder/run-layout.ts';
import { journalFault } from '../log/journal.ts';

/** Checks the journals of a run's stages: what is computed again continues them. */
export async function* verifyJournals(folder: string): AsyncGenerator<Finding> {
  const { stages } = layoutIn(folder);
  for (const name of (await readdir(stages).catch(() => [])).sort()) {
    const damage = await journalFault(join(stages, name));
    const fault = damage === undefined ? {} : { fault: damage.message };
    yield { subject: `stages/${name}`, name: 'items that are done', sizeBytes: 0, ...fault };
  }
}
