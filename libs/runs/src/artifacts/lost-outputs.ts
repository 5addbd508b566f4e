import type { ArtifactStore } from '@sipf/artifacts';
import type { RunState } from '../log/run-state.ts';
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
