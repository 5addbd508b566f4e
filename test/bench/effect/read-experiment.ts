import { FolderArtifactStore, type ArtifactStore } from '@sipf/artifacts';
import { readRecords, readRunFolder, ROWS } from '@sipf/runs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const figures = z.object({
  correct: z.int(),
  total: z.int(),
  accuracy: z.number(),
  low: z.number(),
  high: z.number(),
  wholePathAccuracy: z.number().optional(),
  outcomes: z.string(),
});
const summary = z.object({
  rows: z.array(
    z.object({
      name: z.string(),
      dataset: z.string(),
      seeds: z.array(z.object({ seed: z.int(), run: z.string(), row: figures })),
    }),
  ),
});
/** How a model answered one question; undefined what is not known of it. */
interface Answer {
  readonly correct?: boolean | undefined;
  /** Whether every step is right. */
  readonly wholePath?: boolean | undefined;
}

/** Answers by their question's id. */
export type Answers = ReadonlyMap<string, Answer>;

/** Accuracy with the ends of Wilson's 95 % interval, as the results of runs have it. */
type Figures = z.infer<typeof figures>;

/** What one seed has in a row. */
interface SeedResult {
  readonly run: string;
  readonly figures: Figures;
  readonly answers: Answers;
}

/** A row of the experiment's table on the test questions. */
export interface MethodRow {
  /** E.g. `SIPF 3`, or `SIPF 3 (pairs.level=step)` where the experiment tried several settings. */
  readonly method: string;
  readonly seeds: ReadonlyMap<number, SeedResult>;
}

/** The test rows of an experiment's folder, by method, in the table's order. */
export async function readExperiment(folder: string): Promise<Map<string, MethodRow>> {
  const { rows } = summary.parse(JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')));
  const store = artifactsOf(folder);
  const test = rows.filter(({ dataset }) => dataset === 'test');
  const read = test.map(async ({ name, seeds }): Promise<[string, MethodRow]> => {
    const results = seeds.map(async ({ seed, run, row }): Promise<[number, SeedResult]> => {
      const answers = await readAnswers(store, row.outcomes);
      return [seed, { run, figures: row, answers }];
    });
    return [name, { method: name, seeds: new Map(await Promise.all(results)) }];
  });
  return new Map(await Promise.all(read));
}

async function readAnswers(store: ArtifactStore, digest: string): Promise<Answers> {
  const records = await readRecords(store, digest, ROWS.outcomes);
  return new Map(
    records.map(({ id, correct, wholePath }) => [id, { correct: correct ?? undefined, wholePath }]),
  );
}

/** What the completed stages of a run left, by stage: digests by name. @throws SipfError LOG_CORRUPT */
export async function readStageOutputs(
  runFolder: string,
): Promise<Map<string, Readonly<Record<string, string>>>> {
  const { state, damage } = await readRunFolder(runFolder);
  if (damage !== undefined) throw damage;
  return new Map([...(state?.completed ?? [])].map(([stage, { outputs }]) => [stage, outputs]));
}

/** The store that all runs of an experiment share. */
export function artifactsOf(folder: string): ArtifactStore {
  return new FolderArtifactStore(join(folder, 'artifacts'));
}
