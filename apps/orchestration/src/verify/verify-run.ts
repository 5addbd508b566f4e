import type { ArtifactStore } from '@sipf/artifacts';
import {
  countedSteps,
  type Finding,
  foldRun,
  metricsFault,
  outputsOf,
  layoutIn,
  readRunLog,
  type RunEntry,
  type RunState,
  verifyArtifact,
  requireFile,
} from '@sipf/runs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { resultsOf } from '../report/results.ts';
import { verifyCopies } from './verify-copies.ts';

/**
 * Checks a run that nobody drives: its log is whole, what people read of it (config.json, results.json) is what the log folds
 * to, every artifact that a completed stage left, a folder's files too, has the content that its digest says, and so have the
 * folders that were made of them and those that `models/` links to.
 */
export async function* verifyRun(
  folder: string,
  artifacts: ArtifactStore,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const { entries, damage } = await readRunLog(folder);
  const state = foldRun(entries);
  yield {
    subject: 'log.jsonl',
    name: `${entries.length} entries`,
    sizeBytes: 0,
    ...faultOf(damage?.message ?? logFault(entries)),
  };
  if (state === undefined) return;
  yield* derivedFiles(folder, state);
  const curves = metricsFault(layoutIn(folder).metrics, countedSteps(entries));
  yield { subject: 'metrics.jsonl', name: 'every training step', sizeBytes: 0, ...faultOf(curves) };
  const seen = new Set<string>();
  for (const output of outputsOf(state)) {
    signal.throwIfAborted();
    if (seen.has(output.digest)) continue;
    seen.add(output.digest);
    yield await verifyArtifact(artifacts, output);
  }
  yield* verifyCopies(folder, state, { artifacts, signal });
}

/** Files that are written from the state, for people and other programs. */
async function* derivedFiles(folder: string, state: RunState): AsyncGenerator<Finding> {
  yield await compareFile(folder, 'config.json', state.config);
  if (state.completed.has('report')) {
    const { config, completed } = state;
    yield await compareFile(folder, 'results.json', resultsOf(config, completed));
  }
}

/** What the run was called when they were written, and by which programs it was computed. */
const NO_RESULTS: ReadonlySet<string> = new Set(['runId', 'programs']);

async function compareFile(folder: string, name: string, expected: unknown): Promise<Finding> {
  const finding = { subject: name, name: 'as the log has it', sizeBytes: 0 };
  try {
    requireFile(join(folder, name), '');
    const text = await readFile(join(folder, name), 'utf8');
    const found = Object.entries(JSON.parse(text) as object).filter(([key]) => !NO_RESULTS.has(key));
    const plain: unknown = JSON.parse(JSON.stringify(expected));
    const sized = { ...finding, sizeBytes: Buffer.byteLength(text) };
    return isDeepStrictEqual(Object.fromEntries(found), plain)
      ? sized
      : { ...sized, fault: 'differs from what the log folds to' };
  } catch {
    return { ...finding, fault: 'is missing, or is not JSON' };
  }
}

/** What must hold between entries, whatever the run did. */
function logFault(entries: readonly RunEntry[]): string | undefined {
  if (entries.length === 0) return 'does not begin with the start of a run';
  const started = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'stage-started') started.add(entry.stage);
    if (entry.kind === 'stage-completed' && !started.has(entry.stage)) {
      return `stage ${entry.stage} ends and never began`;
    }
  }
  return undefined;
}

function faultOf(fault: string | undefined): { readonly fault?: string } {
  return fault === undefined ? {} : { fault };
}
