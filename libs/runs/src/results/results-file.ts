import { readSummedJson, summedJson, writeDurably } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { readFile } from 'node:fs/promises';
import { requireFile } from '../folder/require-file.ts';
import type { Program } from '../log/program.ts';
import { results, type Results } from './results.ts';

/** What results.json says beside the results: what the run was called, and which programs computed it. */
export interface ResultsHeading {
  readonly runId: string;
  readonly programs?: readonly Program[];
}

const REMEDY = '`sipf resume` of the run writes it again';

/** Writes results.json of a run. */
export async function writeResults(
  path: string,
  heading: ResultsHeading,
  found: Results,
  lastCheck?: () => Promise<void>,
): Promise<void> {
  await writeDurably(path, summedJson({ ...heading, ...found }), lastCheck);
}

/**
 * Reads results.json of a run.
 * @returns undefined for a run that has not come to its report
 * @throws SipfError `data-loss` RESULTS_INVALID for a file that is not a result, LOG_CORRUPT for what is not a file
 */
export async function readResults(path: string): Promise<Results | undefined> {
  requireFile(path, REMEDY);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const read = readSummedJson(text);
  const found = 'why' in read ? undefined : results.safeParse(read.value);
  if (found?.success === true) return found.data;
  const message = `${path} does not hold the results of a run: ${REMEDY}`;
  throw new SipfError('data-loss', message, { reason: 'RESULTS_INVALID', cause: found?.error });
}

/**
 * The results in a JSON text, e.g. of the artifact that the report stage leaves.
 * @param name what the text is, for people
 * @throws SipfError `data-loss` RESULTS_INVALID
 */
export function parseResults(text: string, name: string): Results {
  try {
    return results.parse(JSON.parse(text));
  } catch (cause) {
    throw new SipfError('data-loss', `${name} does not hold the results of a run`, {
      reason: 'RESULTS_INVALID',
      cause,
    });
  }
}
