import { MEDIA_TYPES, type ArtifactStore } from '@sipf/artifacts';
import { DATA, readResults, readRunFolder, type ResultRow, runPlaces } from '@sipf/runs';
import { z } from 'zod';
import type { ExperimentFile } from './experiment-file.ts';

const outcome = z.object({ id: z.string(), correct: z.boolean().nullable() });

/** A run of an experiment with its results. */
export interface RunResults {
  readonly run: ExperimentFile['runs'][number];
  readonly rows: readonly ResultRow[];
  /** Digests of the questions of every data set, by its name: runs of different seeds may ask the same ones. */
  readonly dataSets: Readonly<Record<string, string>>;
}

/** Whether a model answered a question right, by the question; what is not known is left out. */
export type Outcomes = ReadonlyMap<string, boolean>;

const MAX_BYTES = 1024 ** 3;

/** The results of those runs that have any, in order. */
export async function readRunResults(runs: string, { runs: planned }: ExperimentFile): Promise<RunResults[]> {
  const read = await Promise.all(
    planned.map(async (run) => {
      const { folder, resultsJson } = runPlaces(runs, run.run);
      const found = await readResults(resultsJson);
      return found === undefined ? [] : [{ run, rows: found.rows, dataSets: await readDataSets(folder) }];
    }),
  );
  return read.flat();
}

/** Reads the outcomes of a row, each digest once. */
export function createOutcomesReader(store: ArtifactStore): (row: ResultRow) => Promise<Outcomes> {
  const known = new Map<string, Promise<Outcomes>>();
  const load = async (digest: string): Promise<Outcomes> => {
    const ref = { digest, sizeBytes: 0, mediaType: MEDIA_TYPES.jsonLines };
    const text = new TextDecoder().decode(await store.readBytes(ref, { maxBytes: MAX_BYTES }));
    const rows = text
      .split('\n')
      .slice(0, -1)
      .map((line) => outcome.parse(JSON.parse(line)));
    return new Map(rows.flatMap(({ id, correct }) => (correct === null ? [] : [[id, correct] as const])));
  };
  return ({ outcomes: digest }) => {
    const found = known.get(digest) ?? load(digest);
    known.set(digest, found);
    return found;
  };
}

/** @throws SipfError LOG_CORRUPT, FORMAT_UNKNOWN */
async function readDataSets(folder: string): Promise<Readonly<Record<string, string>>> {
  const { state, damage } = await readRunFolder(folder);
  if (damage !== undefined) throw damage;
  return state?.completed.get(DATA)?.outputs ?? {};
}
