import { MEDIA_TYPES, type ArtifactStore } from '@sipf/artifacts';
import { loadTokenizer } from '@sipf/models';
import { evenly, type TokenCount } from '@sipf/reporting';
import { ROWS, type RunArtifacts, type RunRecord } from '@sipf/runs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Of a stage with more texts than this, so many are counted and the others taken to be like them. */
const MOST_TEXTS = 2000;

/** The outputs of stages that hold texts, and which fields of a row they are. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  paths: ['text'],
  dataset: ['prompt', 'completion', 'completions'],
  preferences: ['prompt', 'chosen', 'rejected'],
};

/**
 * Tokens of what the stages of a run wrote, or were trained on, by the run's own tokenizer.
 * @returns nothing for a run that has no model with a tokenizer
 */
export async function countTokens(
  run: RunRecord,
  artifacts: RunArtifacts,
): Promise<ReadonlyMap<string, TokenCount>> {
  const counts = new Map<string, TokenCount>();
  const digest = run.stages.find(({ outputs }) => outputs['model'] !== undefined)?.outputs['model'];
  if (digest === undefined) return counts;
  const countOf = await openTokenCounter(artifacts.store, digest);
  for (const { id, outputs } of run.stages) {
    const name = Object.keys(TEXTS).find((key) => outputs[key] !== undefined);
    if (name === undefined || countOf === undefined) continue;
    const rows = await artifacts.records(outputs[name] ?? '', ROWS.any);
    counts.set(id, countRows(rows, TEXTS[name] ?? [], countOf));
  }
  return counts;
}

type CountTokens = (text: string) => number;

/**
 * @param model as the log spells it, perhaps with its adapter's digest, whose tokenizer is the base's
 * @returns undefined for a model that comes without a tokenizer
 */
async function openTokenCounter(store: ArtifactStore, model: string): Promise<CountTokens | undefined> {
  const [digest = ''] = model.split('+');
  const folder = await store.folder({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder });
  if (!existsSync(join(folder, 'tokenizer.json'))) return undefined;
  const tokenizer = loadTokenizer(folder);
  return (text) => tokenizer.encode(text).length;
}

function countRows(
  rows: readonly Record<string, unknown>[],
  fields: readonly string[],
  countOf: CountTokens,
): TokenCount {
  const some = evenly(rows, MOST_TEXTS);
  const tokens = some.reduce((sum, row) => {
    const texts = fields.flatMap((field) => row[field]).filter((value) => typeof value === 'string');
    return sum + texts.reduce((all, text) => all + countOf(text), 0);
  }, 0);
  const isEstimate = some.length < rows.length;
  return { tokens: isEstimate ? Math.round((tokens * rows.length) / some.length) : tokens, isEstimate };
}
