import { annotation as contract } from '@sipf/contracts';
import {
  acquireLock,
  openAppendOnlyFile,
  readAppendOnlyFile,
  type AppendOnlyFile,
  type LineRules,
} from '@sipf/runs';
import { isDeepStrictEqual } from 'node:util';

/** People's work, which nothing can compute again. */
const RULES: LineRules<unknown> = {
  remedy: 'restore the file from a copy, or delete that line alone: the others are whole',
  // Files from before checksums are continued with them.
  beginsSums: () => true,
  read: (value) => (isAnnotation(value) ? { value } : { why: 'not an annotation' }),
};

/** What one person says of one path. */
export type Annotation = contract.Annotation;

/** The annotations of a run: every one is a line of a file, on disk before it counts; one writer at a time. */
export class AnnotationBook {
  readonly #file: AppendOnlyFile<unknown>;
  readonly #release: () => Promise<void>;
  readonly #latest: Map<string, Annotation>;

  private constructor(file: AppendOnlyFile<unknown>, release: () => Promise<void>) {
    this.#file = file;
    this.#release = release;
    this.#latest = latestOf(file.recovered);
  }

  /** @throws SipfError `data-loss` LOG_CORRUPT; `failed-precondition` RUN_IN_USE while another process writes to it */
  static async open(path: string): Promise<AnnotationBook> {
    const release = await acquireLock(`${path}.lock`);
    try {
      return new AnnotationBook(await openAppendOnlyFile(path, RULES), release);
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** Those in force, in the order in which their paths and annotators first came. */
  get annotations(): readonly Annotation[] {
    return [...this.#latest.values()];
  }

  async add(annotation: Annotation): Promise<void> {
    await this.#file.append(contract.Annotation.toJSON(annotation));
    this.#latest.set(keyOf(annotation), annotation);
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.#release();
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
