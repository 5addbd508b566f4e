import { MEDIA_TYPES, writeDurably } from '@sipf/artifacts';
import { dataTitle } from '@sipf/reporting';
import {
  DATA,
  type DataSource,
  parseModel,
  layoutIn,
  planRun,
  readRecords,
  type Results,
  ROWS,
  type StageResults,
  writeResults,
} from '@sipf/runs';
import { mkdir, realpath, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { renderResults } from '../report/results-markdown.ts';
import { resultsOf } from '../report/results.ts';
import { SOURCES } from './data-sources.ts';
import type { StageContext } from './stage-context.ts';

/** Writes what people read: results.json and results.md, and a link to every policy's folder under models/. */
export async function report(context: StageContext<'report'>): Promise<StageResults['report']> {
  const { artifacts, settings: config, folder, results, runId, programs, engines } = context;
  const table = { ...resultsOf(config, results), ...foreignEngines(engines) };
  const title = dataTitle(config, await sourcesOf(context));
  const layout = layoutIn(folder);
  const lastCheck = (): Promise<void> => context.lease.check();
  await writeResults(layout.resultsJson, { runId, programs }, table, lastCheck);
  await writeDurably(layout.results, renderResults({ runId, config, programs, title }, table), lastCheck);
  await lastCheck();
  await linkModels(context);
  const bytes = new TextEncoder().encode(`${JSON.stringify(table)}\n`);
  const { digest } = await artifacts.putBytes(bytes, MEDIA_TYPES.json);
  return { outputs: { results: digest }, counts: { rows: table.rows.length }, figures: {} };
}

/** A run of our own engine alone says nothing of engines: its results are what they were before there were others. */
function foreignEngines(engines: StageContext['engines']): Pick<Results, 'engines'> {
  const foreign = [...engines].filter(([, { kind }]) => kind !== 'engine');
  return foreign.length === 0 ? {} : { engines: Object.fromEntries(foreign) };
}

/** None for a run whose data stage left none. */
async function sourcesOf({ artifacts, results }: StageContext<'report'>): Promise<DataSource[]> {
  const digest = results.get(DATA)?.outputs[SOURCES];
  return digest === undefined ? [] : await readRecords(artifacts, digest, ROWS.sources);
}

/** models/<stage> for every model that the run trained, as a folder that other tools load. */
async function linkModels({
  artifacts,
  settings: config,
  folder,
  results,
}: StageContext<'report'>): Promise<void> {
  const models = join(folder, 'models');
  await rm(models, { recursive: true, force: true });
  await mkdir(models, { recursive: true });
  for (const { id } of planRun(config)) {
    const name = results.get(id)?.outputs['model'];
    if (name === undefined) continue;
    const { digest, adapterDigest } = parseModel(name);
    const trained = adapterDigest === '' ? digest : adapterDigest;
    const target = await artifacts.folder({ digest: trained, sizeBytes: 0, mediaType: MEDIA_TYPES.folder });
    await symlink(await linkTo(target, folder), join(models, id));
  }
}

/**
 * A way from models/ that goes on leading there when the run's folder, or the folder of all runs, is moved or copied; a store
 * elsewhere stays where it is.
 */
async function linkTo(target: string, run: string): Promise<string> {
  const real = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));
  const source = await real(target);
  const ownStore = await real(join(run, 'artifacts'));
  const runs = await real(dirname(resolve(run)));
  if (isWithin(source, ownStore)) return join('..', 'artifacts', relative(ownStore, source));
  return isWithin(source, runs) ? relative(join(await realpath(run), 'models'), source) : source;
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}
