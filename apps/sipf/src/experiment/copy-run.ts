import { MEDIA_TYPES, type ArtifactStore } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import {
  foldRun,
  logText,
  parseResults,
  REPORT,
  type RunEntry,
  runLayout,
  toEntries,
  writeResults,
} from '@sipf/runs';
import { mkdir } from 'node:fs/promises';
import type { OrchestrationClient } from '../follow/follow-run.ts';
import { writeWhole } from '../report/write-report.ts';
import { linesOfCurves, type BrowseClient } from './lines-of-curves.ts';

/** Where a run's files go and what they are read with. */
export interface CopyRunOptions {
  readonly browse: BrowseClient;
  /** The artifact store of the orchestrator. */
  readonly store: ArtifactStore;
  /** Folder of the runs here. */
  readonly runs: string;
  readonly signal: AbortSignal;
}

const MAX_BYTES = 1024 ** 3;

/**
 * Copies log.jsonl, metrics.jsonl and results.json of a run that succeeded at an orchestrator: what summaries and reports
 * are made from.
 * @throws SipfError `data-loss` LOG_CORRUPT for a log without results; as the store and the orchestrator do
 */
export async function copyRun(
  client: OrchestrationClient,
  runId: string,
  { browse, store, runs, signal }: CopyRunOptions,
): Promise<void> {
  const entries = await entriesOf(client, runId, signal);
  const digest = foldRun(entries)?.completed.get(REPORT)?.outputs['results'];
  if (digest === undefined) {
    throw new SipfError('data-loss', `run ${runId} has no results in its log`, { reason: 'LOG_CORRUPT' });
  }
  const ref = { digest, sizeBytes: 0, mediaType: MEDIA_TYPES.json };
  const table = new TextDecoder().decode(await store.readBytes(ref, { maxBytes: MAX_BYTES }));
  const layout = runLayout(runs, runId);
  await mkdir(layout.folder, { recursive: true });
  await writeResults(layout.resultsJson, { runId }, parseResults(table, digest));
  await writeWhole(layout.metrics, await linesOfCurves(browse, runId, signal));
  await writeWhole(layout.log, logText(entries));
}

/** The whole log of a run that has ended. */
async function entriesOf(
  client: OrchestrationClient,
  runId: string,
  signal: AbortSignal,
): Promise<RunEntry[]> {
  const entries: object[] = [];
  const request = { runId, fromEntry: 0n, replayEnded: true };
  for await (const { event } of client.watchRun(request, { signal, deadlineMs: Infinity })) {
    if (event?.$case !== 'entry') continue;
    const { index, at, kind, entryJson } = event.value;
    entries.push({ index: Number(index), at: at?.toISOString(), kind, ...(JSON.parse(entryJson) as object) });
  }
  return toEntries(entries, runId);
}
