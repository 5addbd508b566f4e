import { SipfError } from '@sipf/errors';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { experimentPlaces, runPlaces } from './run-places.ts';

/** What is part of paths and of subjects. */
export const runId = z.string().regex(/^[a-z0-9-]{1,64}$/);
const experiment = z.object({ runs: z.array(z.object({ run: runId })).min(1) });

/** The runs of an experiment; undefined where the file is missing. @throws SipfError data-loss EXPERIMENT_INVALID */
export async function experimentRuns(path: string): Promise<string[] | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    // Beside folders of runs there are files.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return experiment.parse(JSON.parse(text)).runs.map(({ run }) => run);
  } catch (cause) {
    throw new SipfError('data-loss', `${path} is no experiment`, { reason: 'EXPERIMENT_INVALID', cause });
  }
}

/**
 * The artifact store of a run: its own, or that of the experiment which it belongs to.
 * @returns undefined where neither is at hand
 */
export async function storeOf(runs: string, id: string): Promise<string | undefined> {
  const { artifacts } = runPlaces(runs, id);
  if (existsSync(artifacts)) return artifacts;
  for (const name of await readdir(runs).catch(() => [])) {
    const members = await experimentRuns(experimentPlaces(runs, name).experiment);
    const store = runPlaces(runs, name).artifacts;
    if (members?.includes(id) === true && existsSync(store)) return store;
  }
  return undefined;
}
