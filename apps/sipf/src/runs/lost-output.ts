import { verifyDigest, type ArtifactStore } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import type { RunRecord } from '@sipf/runs';

/** The first output of a run that is missing from its store or damaged there, in words; undefined where all is well. */
export async function lostOutput(
  { stages }: Pick<RunRecord, 'stages'>,
  store: ArtifactStore,
): Promise<string | undefined> {
  for (const { id, outputs } of stages) {
    for (const [output, value] of Object.entries(outputs)) {
      for (const [digest] of value.matchAll(/sha256:[0-9a-f]{64}/g)) {
        try {
          await verifyDigest(store, digest);
        } catch (error) {
          if (!(error instanceof SipfError) || error.kind === 'unavailable') throw error;
          return `${id}: ${output}: ${error.message}`;
        }
      }
    }
  }
  return undefined;
}
