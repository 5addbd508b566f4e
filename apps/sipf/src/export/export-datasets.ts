import type { Path, PreferencePair } from '@sipf/method';
import { labelRow, pairRow, pathRow, type DatasetRow } from '@sipf/reporting';
import type { RunRecord, StageRecord } from '@sipf/runs';
import { join } from 'node:path';
import type { RunArtifacts } from '../report/run-artifacts.ts';
import { writeWhole } from '../report/write-report.ts';
import { parquetFile } from './parquet-file.ts';

/** The outputs of stages that are datasets, and how their rows become flat. */
const DATASETS: Readonly<Record<string, (row: never) => DatasetRow>> = {
  ...{ dataset: asIs, preferences: asIs, scores: asIs, outcomes: asIs },
  ...{ paths: (path: Path) => pathRow(path) },
  labels: (record: Parameters<typeof labelRow>[0]) => labelRow(record),
  pairs: (pair: PreferencePair) => pairRow(pair),
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
      const flat = (stage.id === 'data' ? asIs : DATASETS[output]) as
        ((row: unknown) => DatasetRow) | undefined;
      if (flat === undefined) continue;
      const rows = (await artifacts.records<unknown>(digest)).map(flat);
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

function asIs(row: DatasetRow): DatasetRow {
  return row;
}
