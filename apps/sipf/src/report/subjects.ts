import { SipfError } from '@sipf/errors';
import { runPlaces } from '@sipf/runs';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
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
    // Beside folders of runs there are files.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return experiment.parse(JSON.parse(text)).runs.map(({ run }) => checkRunId(run));
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
    const members = await experimentRuns(join(runs, name, 'experiment.json'));
    const store = runPlaces(runs, name).artifacts;
    if (members?.includes(id) === true && existsSync(store)) return store;
  }
  return undefined;
}
