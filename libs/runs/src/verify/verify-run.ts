import type { ArtifactStore } from '@sipf/artifacts';
import { outputsOf, verifyArtifact, type Finding } from '../artifacts/verify-artifact.ts';
import { metricsFault } from '../folder/metrics-file.ts';
import { layoutIn } from '../folder/run-layout.ts';
import type { RunEntry } from '../log/entries.ts';
import { countedSteps, readRunLog } from '../log/run-log.ts';
import { foldRun, type RunState } from '../log/run-state.ts';
import { verifyCopies, type VerifyCopiesOptions } from './verify-copies.ts';
import { verifyDerivedFiles, verifyEnvironment } from './verify-derived-files.ts';
import { verifyJournals } from './verify-journals.ts';
import { verifyLinks } from './verify-links.ts';

/**
 * Checks a run that nobody drives: its log is whole, what people read of it (config.json, results.json) is what the log folds
 * to, the journals of its stages can be read, every artifact that a completed stage left, a folder's files too, has the content
 * that its digest says, and so have the folders that were made of them and those that `models/` links to.
 */
export async function* verifyRun(
  folder: string,
  artifacts: ArtifactStore,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const { entries, damage } = await readRunLog(folder);
  const state = foldRun(entries);
  const fault = damage?.message ?? logFault(entries);
  yield { subject: LOG, name: `${entries.length} entries`, sizeBytes: 0, ...faultOf(fault) };
  if (state !== undefined) yield* verifyState(folder, state, { entries, artifacts, signal });
}

/**
 * The first fault of a run that resuming it mends, in words: what it should have left is missing or damaged.
 * @returns undefined for a run that has nothing to mend
 */
export async function lossOf(
  folder: string,
  artifacts: ArtifactStore,
  signal: AbortSignal,
): Promise<string | undefined> {
  for await (const { subject, name, fault, remedy } of verifyRun(folder, artifacts, signal)) {
    if (fault !== undefined && remedy !== undefined)
      return subject.startsWith('sha256:') ? `${name}: ${fault}` : `${subject}: ${fault}`;
  }
  return undefined;
}

const LOG = 'log.jsonl';

async function* verifyState(
  folder: string,
  state: RunState,
  { entries, artifacts, signal }: VerifyCopiesOptions & { readonly entries: readonly RunEntry[] },
): AsyncGenerator<Finding> {
  yield* mendedBy('resuming the run writes it again', verifyDerivedFiles(folder, state, artifacts));
  const curves = metricsFault(layoutIn(folder).metrics, countedSteps(entries));
  yield { subject: 'metrics.jsonl', name: 'every training step', sizeBytes: 0, ...curves };
  yield await verifyEnvironment(folder);
  yield* verifyJournals(folder);
  yield* mendedBy('resuming the run computes it again', verifyOutputs(state, { artifacts, signal }));
  yield* mendedBy('resuming the run makes it anew', verifyCopies(state, { artifacts, signal }));
  yield* mendedBy('resuming the run makes it anew', verifyLinks(folder, state));
}

async function* mendedBy(remedy: string, findings: AsyncIterable<Finding>): AsyncGenerator<Finding> {
  for await (const { subject, name, sizeBytes, fault } of findings)
    yield { subject, name, sizeBytes, ...(fault === undefined ? {} : { fault, remedy }) };
}

async function* verifyOutputs(
  state: RunState,
  { artifacts, signal }: VerifyCopiesOptions,
): AsyncGenerator<Finding> {
  const seen = new Set<string>();
  for (const output of outputsOf(state)) {
    signal.throwIfAborted();
    if (seen.has(output.digest)) continue;
    seen.add(output.digest);
    yield await verifyArtifact(artifacts, output);
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
