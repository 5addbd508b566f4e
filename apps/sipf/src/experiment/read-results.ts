import type { ArtifactStore } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import {
  DATA,
  type ExperimentFile,
  readRecords,
  readResults,
  readRunFolder,
  type ResultRow,
  ROWS,
  runLayout,
} from '@sipf/runs';

/** A run of an experiment with its results. */
export interface RunResults {
  readonly run: ExperimentFile['runs'][number];
  readonly rows: readonly ResultRow[];
  /** Digests of the questions of every data set, by its name: runs of different seeds may ask the same ones. */
  readonly dataSets: Readonly<Record<string, string>>;
}

/** Whether a model answered a question right, by the question; what is not known is left out. */
export type Outcomes = ReadonlyMap<string, boolean>;

/** The results of those runs that have any, in order. */
export async function readRunResults(runs: string, { runs: planned }: ExperimentFile): Promise<RunResults[]> {
  const read = await Promise.all(
    planned.map(async (run) => {
      const { folder, resultsJson } = runLayout(runs, run.run);
      const found = await readResults(resultsJson);
      return found === undefined ? [] : [{ run, rows: found.rows, dataSets: await readDataSets(folder) }];
    }),
  );
  return read.flat();
}

/** Reads the outcomes of a row, each digest once. @throws SipfError data-loss RESULTS_INVALID for a row that names none */
export function createOutcomesReader(store: ArtifactStore): (row: ResultRow) => Promise<Outcomes> {
  const known = new Map<string, Promise<Outcomes>>();
  const load = async (digest: string): Promise<Outcomes> => {
    const rows = await readRecords(store, digest, ROWS.outcomes);
    return new Map(rows.flatMap(({ id, correct }) => (correct === null ? [] : [[id, correct] as const])));
  };
  return ({ outcomes: digest, method }) => {
    if (digest === '') throw withoutAnswers(method);
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

function withoutAnswers(method: string): SipfError {
  const message = `the results of ${method} do not name its answers: run it again with this version`;
  return new SipfError('data-loss', message, { reason: 'RESULTS_INVALID' });
}
