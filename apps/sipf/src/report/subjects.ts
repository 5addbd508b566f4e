import { SipfError } from '@sipf/errors';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { checkRunId } from '../runs/claim-run.ts';

const experiment = z.object({ runs: z.array(z.object({ run: z.string() })).min(1) });

/**
 * The runs that some ids stand for: an experiment's id stands for its runs.
 * @throws SipfError `invalid-argument` for what cannot be an id; `data-loss` EXPERIMENT_INVALID
 */
export async function runsNamed(runs: string, ids: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    ids.map(async (id) => (await experimentRuns(join(runs, checkRunId(id), 'experiment.json'))) ?? [id]),
  );
  return [...new Set(found.flat())];
}

async function experimentRuns(path: string): Promise<string[] | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return experiment.parse(JSON.parse(text)).runs.map(({ run }) => checkRunId(run));
  } catch (cause) {
    throw new SipfError('data-loss', `${path} is no experiment`, { reason: 'EXPERIMENT_INVALID', cause });
  }
}
