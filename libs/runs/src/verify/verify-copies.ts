import type { ArtifactStore } from '@sipf/artifacts';
import { faultIn, folderRef, outputsOf, type Finding } from '../artifacts/verify-artifact.ts';
import type { RunState } from '../log/run-state.ts';

/** What checking the copies of a run needs. */
export interface VerifyCopiesOptions {
  readonly artifacts: ArtifactStore;
  readonly signal: AbortSignal;
}

/** Checks the folders that were made of a run's artifacts here; `digest` is the artifact's. */
export async function* verifyCopies(
  state: Pick<RunState, 'completed'>,
  { artifacts, signal }: VerifyCopiesOptions,
): AsyncGenerator<Finding & { readonly digest: string }> {
  const seen = new Set<string>();
  for (const { digest, name } of outputsOf(state)) {
    signal.throwIfAborted();
    if (seen.has(digest)) continue;
    seen.add(digest);
    const finding = await verifyCopy(artifacts, digest, name);
    if (finding !== undefined) yield { ...finding, digest };
  }
}

/** Undefined where there is no copy, and where the artifact itself is the fault. */
async function verifyCopy(
  artifacts: ArtifactStore,
  digest: string,
  name: string,
): Promise<Finding | undefined> {
  const finding = { subject: `folders/${digest.slice('sha256:'.length)}`, name, sizeBytes: 0 };
  try {
    if (!(await isFolder(artifacts, digest))) return undefined;
    return (await artifacts.verifyCopy(folderRef(digest))) ? finding : undefined;
  } catch (error) {
    return { ...finding, fault: faultIn(error) };
  }
}

/** False also where the artifact itself is damaged, which is reported for it. */
async function isFolder(artifacts: ArtifactStore, digest: string): Promise<boolean> {
  try {
    await artifacts.folderFiles(folderRef(digest));
    return true;
  } catch (error) {
    faultIn(error);
  }
  return false;
}
