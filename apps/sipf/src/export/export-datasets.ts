import { labelRow, pairRow, pathRow, type DatasetRow } from '@sipf/reporting';
import { ROWS, type RunArtifacts, type RunRecord, type StageRecord } from '@sipf/runs';
import { join } from 'node:path';
import type { z } from 'zod';
import { writeWhole } from '../report/write-report.ts';
import { parquetFile } from './parquet-file.ts';

type ReadFlat = (artifacts: RunArtifacts, digest: string) => Promise<DatasetRow[]>;

/** Reads rows and makes them flat. */
function flat<T>(schema: z.ZodType<T>, change: (row: T) => DatasetRow): ReadFlat {
  return async (artifacts, digest) => (await artifacts.records(digest, schema)).map(change);
}

const asTheyAre = flat(ROWS.any, (row) => row);
/** The outputs of stages that are datasets. */
const DATASETS: Readonly<Record<string, ReadFlat>> = {
  ...{ dataset: asTheyAre, preferences: asTheyAre, scores: asTheyAre, outcomes: asTheyAre },
  ...{
    paths: flat(ROWS.paths, pathRow),
    labels: flat(ROWS.labels, labelRow),
    pairs: flat(ROWS.pairs, pairRow),
  },
};

/**
 * Writes every dataset of a run as JSONL and as Parquet, named `<stage>.<what>`.
 * @returns the names
 */
export async function exportDatasets(
  run: RunRecord,
  artifacts: RunArtifacts,
  out: string,
): Promise<string[]> {
  const names: string[] = [];
  for (const stage of run.stages) {
    for (const [output, digest] of datasetsOf(stage)) {
      const read = stage.id === 'data' ? asTheyAre : DATASETS[output];
      if (read === undefined) continue;
      const rows = await read(artifacts, digest);
      if (rows.length === 0) continue;
      const name = `${stage.id}.${output}`;
      await writeWhole(join(out, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      await writeWhole(join(out, `${name}.parquet`), parquetFile(rows));
      names.push(name);
    }
  }
  return names;
}

/** Of the data, the splits, which were counted: a model may go by the name of one. */
function datasetsOf({ id, outputs, counts }: StageRecord): [string, string][] {
  const all = Object.entries(outputs);
  return id === 'data' ? all.filter(([name]) => (counts[name] ?? 0) > 0) : all;
}
