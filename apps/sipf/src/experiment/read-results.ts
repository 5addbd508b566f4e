import { MEDIA_TYPES, type ArtifactStore } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { runPlaces } from '@sipf/runs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ExperimentFile } from './experiment-file.ts';

const resultRow = z.object({
  method: z.string(),
  dataset: z.string(),
  iteration: z.int(),
  correct: z.int(),
  total: z.int(),
  accuracy: z.number(),
  low: z.number(),
  high: z.number(),
  flexibleCorrect: z.int().optional(),
  wholePathAccuracy: z.number().optional(),
  sampled: z.record(z.string(), z.number()).optional(),
  outcomes: z.string(),
  model: z.string(),
});
const results = z.object({ rows: z.array(resultRow) });
const outcome = z.object({ id: z.string(), correct: z.boolean().nullable() });
const dataEntry = z.object({
  kind: z.literal('stage-completed'),
  stage: z.literal('data'),
  result: z.object({ outputs: z.record(z.string(), z.string()) }),
});

/** A row of a run's results. */
export type RunResultRow = z.infer<typeof resultRow>;

/** A run of an experiment with its results. */
export interface RunResults {
  readonly run: ExperimentFile['runs'][number];
  readonly rows: readonly RunResultRow[];
  /** Digests of the questions of every data set, by its name: runs of different seeds may ask the same ones. */
  readonly dataSets: Readonly<Record<string, string>>;
}

/** Whether a model answered a question right, by the question; what is not known is left out. */
export type Outcomes = ReadonlyMap<string, boolean>;

const MAX_BYTES = 1024 ** 3;

/** The results of those runs that have any, in order. */
export async function readResults(runs: string, { runs: planned }: ExperimentFile): Promise<RunResults[]> {
  const read = await Promise.all(
    planned.map(async (run) => {
      const { folder, log } = runPlaces(runs, run.run);
      const rows = await readRows(join(folder, 'results.json'));
      return rows === undefined ? [] : [{ run, rows, dataSets: await readDataSets(log) }];
    }),
  );
  return read.flat();
}

/** Reads the outcomes of a row, each digest once. */
export function createOutcomesReader(store: ArtifactStore): (row: RunResultRow) => Promise<Outcomes> {
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

/** Undefined for a run that has not come to its end. */
async function readRows(path: string): Promise<RunResultRow[] | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const parsed = results.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data.rows;
  throw new SipfError('data-loss', `${path} holds no results`, {
    reason: 'LOG_CORRUPT',
    cause: parsed.error,
  });
}

async function readDataSets(log: string): Promise<Record<string, string>> {
  const lines = (await readFile(log, 'utf8')).split('\n').slice(0, -1);
  for (const line of lines) {
    const entry = dataEntry.safeParse(JSON.parse(line));
    if (entry.success) return entry.data.result.outputs;
  }
  return {};
}
