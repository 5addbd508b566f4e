import { MEDIA_TYPES, readSummedJson, type ArtifactStore } from '@sipf/artifacts';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { faultIn, type Finding } from '../artifacts/verify-artifact.ts';
import { readEnvironment } from '../folder/environment.ts';
import { requireFile, whyUnreadable } from '../folder/require-file.ts';
import { layoutIn } from '../folder/run-layout.ts';
import type { RunState } from '../log/run-state.ts';
import { REPORT } from '../plan/stage.ts';

const MAX_BYTES = 1024 ** 3;

/** Checks the files that are written from a run's state, for people and other programs. */
export async function* verifyDerivedFiles(
  folder: string,
  state: RunState,
  artifacts: ArtifactStore,
): AsyncGenerator<Finding> {
  const { config } = layoutIn(folder);
  yield await compareFile(config, { ...state.config });
  yield* verifyReport(folder, state, artifacts);
}

/** Checks what the report stage has written in the run's folder, links apart. */
export async function* verifyReport(
  folder: string,
  { completed }: Pick<RunState, 'completed'>,
  artifacts: ArtifactStore,
): AsyncGenerator<Finding> {
  const { results, resultsJson } = layoutIn(folder);
  const report = completed.get(REPORT);
  if (report === undefined) return;
  const table = await readTable(report.outputs['results'], artifacts);
  if (table !== undefined) yield await compareFile(resultsJson, table);
  const finding = { subject: basename(results), name: 'a table for people', sizeBytes: 0 };
  yield existsSync(results) ? finding : { ...finding, fault: 'is missing' };
}

/** Checks what a run says of the machine that began it, which nothing can find out again. */
export async function verifyEnvironment(folder: string): Promise<Finding> {
  const { environment } = layoutIn(folder);
  const finding = { subject: basename(environment), name: 'the machine that began it', sizeBytes: 0 };
  const isWhole = !existsSync(environment) || (await readEnvironment(environment)) !== undefined;
  const fault = 'is damaged: it is safe to delete it; reports then do not name the machine';
  return isWhole ? finding : { ...finding, fault };
}

/** Undefined where the artifact is the fault, which is reported for it. */
async function readTable(digest: string | undefined, artifacts: ArtifactStore): Promise<unknown> {
  if (digest === undefined) return undefined;
  const ref = { digest, sizeBytes: 0, mediaType: MEDIA_TYPES.json };
  try {
    return JSON.parse(new TextDecoder().decode(await artifacts.readBytes(ref, { maxBytes: MAX_BYTES })));
  } catch (error) {
    faultIn(error);
  }
  return undefined;
}

/** What the run was called when they were written, and by which programs it was computed. */
const NO_RESULTS: ReadonlySet<string> = new Set(['runId', 'programs']);

async function compareFile(path: string, expected: unknown): Promise<Finding> {
  const finding = { subject: basename(path), name: 'as the log has it', sizeBytes: 0 };
  try {
    requireFile(path, '');
    const text = await readFile(path, 'utf8');
    const read = readSummedJson(text);
    if ('why' in read) return { ...finding, fault: `is damaged: ${read.why}` };
    const found = Object.entries(read.value as object).filter(([key]) => !NO_RESULTS.has(key));
    const plain: unknown = JSON.parse(JSON.stringify(expected));
    const sized = { ...finding, sizeBytes: Buffer.byteLength(text) };
    return isDeepStrictEqual(Object.fromEntries(found), plain)
      ? sized
      : { ...sized, fault: 'differs from what the log folds to' };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return {
      ...finding,
      fault: (isMissing ? undefined : whyUnreadable(error)) ?? 'is missing, or is not a file',
    };
  }
}
