import { SipfError } from '@sipf/errors';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { usageError } from '../usage-error.ts';
import type { ExperimentPlan } from './plan-experiment.ts';

const experimentFile = z.object({
  id: z.string(),
  /** The first run's configuration. */
  config: z.record(z.string(), z.unknown()),
  runs: z.array(
    z.object({
      run: z.string(),
      method: z.string(),
      seed: z.int(),
      vary: z.record(z.string(), z.unknown()),
    }),
  ),
});

/** What `experiment.json` says: the runs of an experiment and what tells them apart. */
export type ExperimentFile = z.infer<typeof experimentFile>;

/** The file of a plan. */
export function toExperimentFile({ id, runs }: ExperimentPlan): ExperimentFile {
  const config = runs[0]?.config ?? {};
  return {
    id,
    config: JSON.parse(JSON.stringify(config)) as Record<string, unknown>,
    runs: runs.map(({ run, method, seed, vary }) => ({ run, method, seed, vary: { ...vary } })),
  };
}

/**
 * Writes the file of a new experiment, or makes sure that the one that is there is the same experiment.
 * @returns whether the experiment was there
 * @throws SipfError `invalid-argument` for another experiment of that name
 */
export async function claimExperimentFile(path: string, file: ExperimentFile): Promise<boolean> {
  const known = await readExperimentFile(path);
  if (known === undefined) {
    await writeWhole(path, `${JSON.stringify(file, null, 2)}\n`);
    return false;
  }
  if (isDeepStrictEqual(known, file)) return true;
  throw usageError(
    `experiment ${file.id} exists with other runs or settings: go on with it as it was started, or choose another --id`,
  );
}

/** Undefined where there is none. @throws SipfError `data-loss` for one that cannot be read */
export async function readExperimentFile(path: string): Promise<ExperimentFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return experimentFile.parse(JSON.parse(text));
  } catch (cause) {
    const message = `${path} is damaged: restore it from a copy, or choose another --id`;
    throw new SipfError('data-loss', message, { reason: 'LOG_CORRUPT', cause });
  }
}

/** Readers see the whole old text or the whole new one. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
}
