import { SipfError } from '@sipf/errors';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** The whole lines of a file of JSON lines, as its writer's type says; none where the file is missing. @throws SipfError data-loss LOG_CORRUPT */
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
  return lines.map((line, index) => parseLine(line, `${basename(path)}:${index + 1}`));
}

function parseLine(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new SipfError('data-loss', `${place} is damaged: \`sipf resume\` of the run mends it`, {
      reason: 'LOG_CORRUPT',
      violations: [{ field: place, description: 'is damaged' }],
      cause,
    });
  }
}
