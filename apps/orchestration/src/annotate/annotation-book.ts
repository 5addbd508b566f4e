import { annotation as contract } from '@sipf/contracts';
import { acquireLease, openAppendOnlyFile, readAppendOnlyFile, type LineRules } from '@sipf/runs';
import { isDeepStrictEqual } from 'node:util';

/** People's work, which nothing can compute again. */
const RULES: LineRules<unknown> = {
  remedy: 'restore the file from a copy, or delete that line alone: the others are whole',
  // Files from before checksums are continued with them.
  beginsSums: () => true,
  read: (value) => (isAnnotation(value) ? { value } : { why: 'not an annotation' }),
};

/** Another writer has the file for as long as it takes to add a line. */
const PATIENCE_MS = 5000;

/** What one person says of one path. */
export type Annotation = contract.Annotation;

/**
 * Adds a line to the annotations of a run, on disk before it resolves; one writer at a time, which may be another orchestrator.
 * @throws SipfError `data-loss` LOG_CORRUPT; `failed-precondition` RUN_IN_USE while another one writes for long
 */
export async function addAnnotation(path: string, annotation: Annotation): Promise<void> {
  const lease = await acquireLease(`${path}.lease`, { what: 'annotations.jsonl', patienceMs: PATIENCE_MS });
  try {
    const file = await openAppendOnlyFile(path, RULES, lease);
    try {
      await file.append(contract.Annotation.toJSON(annotation));
    } finally {
      await file.close();
    }
  } finally {
    await lease.release();
  }
}

/** The annotations in force of a file that another process may be writing to; none where there is no file. */
export async function readAnnotations(path: string): Promise<readonly Annotation[]> {
  return [...latestOf(await readAppendOnlyFile(path, RULES)).values()];
}

/** The latest annotation of a path by a person replaces those before it. */
function latestOf(lines: readonly unknown[]): Map<string, Annotation> {
  const annotations = lines.map((line) => contract.Annotation.fromJSON(line));
  return new Map(annotations.map((annotation) => [keyOf(annotation), annotation]));
}

/** Fields that this program would leave out, or take for others, change on their way through the contract. */
function isAnnotation(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return isDeepStrictEqual(contract.Annotation.toJSON(contract.Annotation.fromJSON(value)), value);
  } catch {
    // A time that is none, for one.
    return false;
  }
}

function keyOf({ stage, pathKey, annotator }: Annotation): string {
  return JSON.stringify([stage, pathKey, annotator]);
}
