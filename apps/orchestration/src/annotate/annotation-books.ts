import { layoutIn } from '@sipf/runs';
import { addAnnotation, readAnnotations, type Annotation } from './annotation-book.ts';

/** The annotations of the runs. */
export class AnnotationBooks {
  readonly #folderOf: (runId: string) => string;
  readonly #check: (runId: string) => Promise<unknown>;

  /**
   * @param folderOf a run's folder
   * @param check rejects for a run that does not exist
   */
  constructor(folderOf: (runId: string) => string, check: (runId: string) => Promise<unknown>) {
    this.#folderOf = folderOf;
    this.#check = check;
  }

  /** @throws SipfError RUN_NOT_FOUND, LOG_CORRUPT, RUN_IN_USE */
  async add(runId: string, annotation: Annotation): Promise<void> {
    await this.#check(runId);
    await addAnnotation(this.#file(runId), annotation);
  }

  /** Those in force, whoever writes them. @throws SipfError RUN_NOT_FOUND, LOG_CORRUPT */
  async read(runId: string): Promise<readonly Annotation[]> {
    await this.#check(runId);
    return await readAnnotations(this.#file(runId));
  }

  #file(runId: string): string {
    return layoutIn(this.#folderOf(runId)).annotations;
  }
}
