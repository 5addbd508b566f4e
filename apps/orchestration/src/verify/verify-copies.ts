import type { ArtifactStore } from '@sipf/artifacts';
import { digestFolder } from '@sipf/models';
import { faultIn, type Finding, folderRef, outputsOf, parseModel, planRun, type RunState } from '@sipf/runs';
import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** What checking the copies of a run needs. */
export interface VerifyCopiesOptions {
  readonly artifacts: ArtifactStore;
  readonly signal: AbortSignal;
}

/** Checks the folders that were made of a run's artifacts here, and where the links of models/ lead. */
export async function* verifyCopies(
  folder: string,
  state: RunState,
  { artifacts, signal }: VerifyCopiesOptions,
): AsyncGenerator<Finding> {
  const seen = new Set<string>();
  for (const { digest, name } of outputsOf(state)) {
    signal.throwIfAborted();
    if (seen.has(digest)) continue;
    seen.add(digest);
    const finding = await verifyCopy(artifacts, digest, name);
    if (finding !== undefined) yield finding;
  }
  if (!state.completed.has('report')) return;
  for (const { id } of planRun(state.config)) {
    const model = state.completed.get(id)?.outputs['model'];
    if (model !== undefined) yield await verifyLink(join(folder, 'models', id), `models/${id}`, model);
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
    return { ...finding, fault: `${faultIn(error)}; it is made anew when it is used next` };
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

async function verifyLink(path: string, subject: string, model: string): Promise<Finding> {
  const { digest, adapterDigest } = parseModel(model);
  const expected = adapterDigest === '' ? digest : adapterDigest;
  const finding = { subject, name: expected, sizeBytes: 0 };
  const target = await realpath(path).catch(() => undefined);
  if (target === undefined) {
    const isThere = await lstat(path).catch(() => undefined);
    return { ...finding, fault: isThere === undefined ? 'is missing' : 'leads nowhere' };
  }
  const actual = await digestFolder(target).catch(() => undefined);
  return actual === expected
    ? finding
    : { ...finding, fault: `leads to a folder that is ${actual ?? 'no model'}` };
}
