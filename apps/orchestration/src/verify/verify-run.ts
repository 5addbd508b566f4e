import { MEDIA_TYPES, looksLikeFolder, type ArtifactStore } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readRunLog, type RunEntry } from '../log/run-log.ts';
import { resultsOf } from '../report/results.ts';
import { foldRun, type RunState } from '../run/run-state.ts';

/** One thing of a run that was checked. */
export interface Finding {
  /** A digest, or a file of the run's folder. */
  readonly subject: string;
  /** What refers to it, e.g. `align-2: model`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** What is wrong; absent where nothing is. */
  readonly fault?: string;
}

/**
 * Checks a run that nobody drives: its log is whole, what people read of it (config.json, results.json) is what the log folds
 * to, and every artifact that a completed stage left, a folder's files too, has the content that its digest says.
 */
export async function* verifyRun(
  folder: string,
  artifacts: ArtifactStore,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const entries = await readRunLog(folder);
  const state = foldRun(entries);
  yield {
    subject: 'log.jsonl',
    name: `${entries.length} entries`,
    sizeBytes: 0,
    ...faultOf(logFault(entries)),
  };
  if (state === undefined) return;
  yield* derivedFiles(folder, state);
  const seen = new Set<string>();
  for (const { name, digest } of outputsOf(state)) {
    signal.throwIfAborted();
    if (seen.has(digest)) continue;
    seen.add(digest);
    yield await verifyArtifact(artifacts, digest, name);
  }
}

/** Every digest that a stage's outputs name; an adapted model names two. */
function outputsOf({ completed }: RunState): { readonly name: string; readonly digest: string }[] {
  return [...completed].flatMap(([stage, { outputs }]) =>
    Object.entries(outputs).flatMap(([output, value]) =>
      [...value.matchAll(/sha256:[0-9a-f]{64}/g)].map(([digest]) => ({
        name: `${stage}: ${output}`,
        digest,
      })),
    ),
  );
}

async function verifyArtifact(artifacts: ArtifactStore, digest: string, name: string): Promise<Finding> {
  let sizeBytes = 0;
  try {
    let isFolder: boolean | undefined;
    for await (const chunk of artifacts.open({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.bytes })) {
      isFolder ??= looksLikeFolder(chunk);
      sizeBytes += chunk.byteLength;
    }
    const ref = { digest, sizeBytes, mediaType: MEDIA_TYPES.folder };
    if (isFolder !== true) return { subject: digest, name, sizeBytes };
    await artifacts.verify(ref);
    const files = await artifacts.folderFiles(ref);
    return { subject: digest, name, sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, sizeBytes) };
  } catch (error) {
    if (error instanceof SipfError && error.kind !== 'unavailable') {
      return { subject: digest, name, sizeBytes, fault: error.message };
    }
    throw error;
  }
}

/** Files that are written from the state, for people and other programs. */
async function* derivedFiles(folder: string, state: RunState): AsyncGenerator<Finding> {
  yield await compareFile(folder, 'config.json', state.config);
  if (state.completed.has('report')) {
    const { runId, config, completed } = state;
    yield await compareFile(folder, 'results.json', { runId, ...resultsOf(config, completed) });
  }
}

async function compareFile(folder: string, name: string, expected: unknown): Promise<Finding> {
  const finding = { subject: name, name: 'as the log has it', sizeBytes: 0 };
  try {
    const text = await readFile(join(folder, name), 'utf8');
    const found: unknown = JSON.parse(text);
    const plain: unknown = JSON.parse(JSON.stringify(expected));
    const sized = { ...finding, sizeBytes: Buffer.byteLength(text) };
    return isDeepStrictEqual(found, plain)
      ? sized
      : { ...sized, fault: 'differs from what the log folds to' };
  } catch {
    return { ...finding, fault: 'is missing, or is not JSON' };
  }
}

/** What must hold between entries, whatever the run did. */
function logFault(entries: readonly RunEntry[]): string | undefined {
  if (entries[0]?.kind !== 'run-started') return 'does not begin with the start of a run';
  const misplaced = entries.findIndex(({ index }, at) => index !== at);
  if (misplaced !== -1) return `entry ${misplaced} has another number`;
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
