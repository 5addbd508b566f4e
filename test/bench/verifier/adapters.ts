import { createScorer, type Scorer } from '@sipf/inference';
import { createRng } from '@sipf/random';
import { table } from '../support/table.ts';
import { writeAdapter } from '../support/write-adapter.ts';
import { raggedPaths } from './ragged-paths.ts';
import { encodePath } from './throughput.ts';

const ADAPTERS = 8;
const ROWS = raggedPaths(24, createRng('adapters')).map(encodePath);

/** Memory and speed of one base, alone and with adapters of rank 16 on every linear module. */
export async function measureAdapters(under: string, folder: string): Promise<unknown> {
  const adapters: string[] = [];
  for (let at = 0; at < ADAPTERS; at++) adapters.push(await writeAdapter(under, folder, at));
  const scorer = await createScorer({ folder });
  const rows = [await look('base alone', scorer)];
  const views: Scorer[] = [];
  for (const adapter of adapters) {
    const view = await scorer.attach(adapter);
    views.push(view);
    const name = `adapter ${views.length}`;
    if (views.length === 1 || views.length === ADAPTERS) rows.push(await look(name, view));
    else await scoreAll(view);
  }
  rows.push(await look('base beside adapters', scorer));
  await scorer.close();
  const cells = rows.map(({ name, residentMiB, pathsPerSecond }) => [
    ...[name, residentMiB.toFixed(0), pathsPerSecond.toFixed(2)],
  ]);
  process.stdout.write(`${table(['scored by', 'MiB', 'paths/s'], cells)}\n`);
  return rows;
}

async function look(name: string, scorer: Scorer) {
  await scoreAll(scorer);
  const started = performance.now();
  await scoreAll(scorer);
  const pathsPerSecond = (1000 * ROWS.length) / (performance.now() - started);
  return { name, residentMiB: process.memoryUsage.rss() / 2 ** 20, pathsPerSecond };
}

async function scoreAll(scorer: Scorer): Promise<void> {
  const scored = new Set<number>();
  for await (const { rowIndex } of scorer.scoreSteps(ROWS)) scored.add(rowIndex);
  if (scored.size !== ROWS.length) throw new Error(`${scored.size} rows of ${ROWS.length} were scored`);
}
