import { readSummedJson, summedJson, writeDurably } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { experimentLayout, runLayout } from './run-layout.ts';

/** What is part of paths and of subjects. */
export const runId = z.string().regex(/^[a-z0-9-]{1,64}$/);

const experimentFile = z.object({
  id: z.string(),
  /** The first run's configuration. */
  config: z.record(z.string(), z.unknown()),
  runs: z
    .array(
      z.object({
        run: runId,
        method: z.string(),
        seed: z.int(),
        /** The varied settings that this run reads, by dotted name. */
        vary: z.record(z.string(), z.unknown()),
      }),
    )
    .min(1),
});

/** What `experiment.json` says: the runs of an experiment and what distinguishes them. */
export type ExperimentFile = z.infer<typeof experimentFile>;

/** Writes `experiment.json`: readers see none or the whole one. */
export async function writeExperiment(path: string, file: ExperimentFile): Promise<void> {
  await writeDurably(path, summedJson(file));
}

/** Reads `experiment.json`; undefined where there is none. @throws SipfError data-loss EXPERIMENT_INVALID */
export async function readExperiment(path: string): Promise<ExperimentFile | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    // Beside folders of runs there are files.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const read = readSummedJson(text);
  const found = 'why' in read ? undefined : experimentFile.safeParse(read.value);
  if (found?.success === true) return found.data;
  const message = `${path} is damaged: restore it from a copy, or start the experiment under another --id`;
  throw new SipfError('data-loss', message, { reason: 'EXPERIMENT_INVALID', cause: found?.error });
}

/** The runs of an experiment; undefined where the file is missing. @throws SipfError data-loss EXPERIMENT_INVALID */
export async function experimentRuns(path: string): Promise<string[] | undefined> {
  return (await readExperiment(path))?.runs.map(({ run }) => run);
}

/**
 * The artifact store of a run: its own, or that of the experiment which it belongs to.
 * @returns undefined where neither is at hand
 */
export async function storeOf(runs: string, id: string): Promise<string | undefined> {
  const { artifacts } = runLayout(runs, id);
  if (existsSync(artifacts)) return artifacts;
  for (const name of await readdir(runs).catch(() => [])) {
    const members = await experimentRuns(experimentLayout(runs, name).experiment);
    const store = runLayout(runs, name).artifacts;
    if (members?.includes(id) === true && existsSync(store)) return store;
  }
  return undefined;
}
