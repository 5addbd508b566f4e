import type { ArtifactStore } from '@sipf/artifacts';
import { metricsFault } from '../folder/metrics-file.ts';
import { layoutIn } from '../folder/run-layout.ts';
import { countedSteps, readRunLog } from '../log/run-log.ts';
import { foldRun, type RunState } from '../log/run-state.ts';
import { outputsOf, verifyArtifact } from './verify-artifact.ts';

/** A completed stage whose outputs are not all there. */
export interface LostStage {
  readonly stage: string;
  readonly why: string;
}

/** The completed stages of which an output is missing or damaged; every output is read, each digest once. */
export async function* lostStages(
  state: Pick<RunState, 'completed'>,
  artifacts: ArtifactStore,
  signal: AbortSignal,
): AsyncGenerator<LostStage> {
  const faults = new Map<string, string | undefined>();
  const lost = new Set<string>();
  for (const { stage, name, digest } of outputsOf(state)) {
    signal.throwIfAborted();
    if (!faults.has(digest)) faults.set(digest, (await verifyArtifact(artifacts, { digest, name })).fault);
    const fault = faults.get(digest);
    if (fault === undefined || lost.has(stage)) continue;
    lost.add(stage);
    yield { stage, why: `${name}: ${fault}` };
  }
}

/**
 * The first thing of a run that it should have left and that is missing or damaged, in words: a step of a curve, or a stage's
 * output.
 * @returns undefined for a run that is whole
 */
export async function lossOf(
  folder: string,
  artifacts: ArtifactStore,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { entries } = await readRunLog(folder);
  const state = foldRun(entries);
  const curves = metricsFault(layoutIn(folder).metrics, countedSteps(entries));
  if (curves !== undefined || state === undefined) return curves && `metrics.jsonl: ${curves}`;
  for await (const { why } of lostStages(state, artifacts, signal)) return why;
  return undefined;
}
