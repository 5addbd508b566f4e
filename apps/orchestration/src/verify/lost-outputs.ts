import type { ArtifactStore } from '@sipf/artifacts';
import type { RunState } from '@sipf/runs';
import { outputsOf, verifyArtifact } from './verify-artifact.ts';

/** A completed stage whose outputs are not all there. */
export interface LostStage {
  readonly stage: string;
  readonly why: string;
}

/** The completed stages of which an output is missing or damaged; every output is read. */
export async function lostStages(
  state: Pick<RunState, 'completed'>,
  artifacts: ArtifactStore,
  signal: AbortSignal,
): Promise<LostStage[]> {
  const faults = new Map<string, string | undefined>();
  const lost = new Map<string, string>();
  for (const output of outputsOf(state)) {
    signal.throwIfAborted();
    if (!faults.has(output.digest))
      faults.set(output.digest, (await verifyArtifact(artifacts, output)).fault);
    const fault = faults.get(output.digest);
    if (fault !== undefined && !lost.has(output.stage)) lost.set(output.stage, `${output.name}: ${fault}`);
  }
  return [...lost].map(([stage, why]) => ({ stage, why }));
}
