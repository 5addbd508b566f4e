import type { ArtifactStore } from '@sipf/artifacts';
import { type ExperimentFile, experimentLayout } from '@sipf/runs';
import { writeWhole } from '../report/write-report.ts';
import { chooseVariants, chosenRows } from './choose-variants.ts';
import { compareMethods } from './compare-methods.ts';
import type { ExperimentResults } from './experiment-results.ts';
import { createOutcomesReader, readRunResults } from './read-results.ts';
import { renderCsv, renderMarkdown } from './render-results.ts';
import { summarise } from './summarise.ts';

/**
 * Reads the runs' results and writes results.json, results.md and results.csv of the experiment.
 * @param store of the runs' artifacts
 */
export async function writeExperimentResults(
  runs: string,
  file: ExperimentFile,
  store: ArtifactStore,
): Promise<ExperimentResults> {
  const layout = experimentLayout(runs, file.id);
  const read = await readRunResults(runs, file);
  const rows = summarise(read);
  const chosen = chooseVariants(rows);
  const outcomesOf = createOutcomesReader(store);
  const comparisons = await compareMethods(chosenRows(rows, chosen), read, outcomesOf);
  const done = new Set(read.map(({ run }) => run.run));
  const missing = file.runs.map(({ run }) => run).filter((run) => !done.has(run));
  const results: ExperimentResults = { id: file.id, rows, chosen, comparisons, missing };
  await writeWhole(layout.resultsJson, `${JSON.stringify(results, null, 2)}\n`);
  await writeWhole(layout.resultsMarkdown, renderMarkdown(results));
  await writeWhole(layout.resultsCsv, renderCsv(results));
  return results;
}
