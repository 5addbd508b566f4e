import { layoutIn } from '@sipf/runs';
import { AnnotationBook, readAnnotations, type Annotation } from './annotation-book.ts';

/** Books that are open at the same time. */
const MAX_OPEN = 16;

/** The annotation books of the runs, opened when somebody annotates. */
export class AnnotationBooks {
  readonly #folderOf: (runId: string) => string;
  readonly #check: (runId: string) => Promise<unknown>;
  readonly #open = new Map<string, Promise<AnnotationBook>>();

  /**
   * @param folderOf a run's folder
   * @param check rejects for a run that does not exist
   */
  constructor(folderOf: (runId: string) => string, check: (runId: string) => Promise<unknown>) {
    this.#folderOf = folderOf;
    this.#check = check;
  }

  /** The book of a run, to write to. @throws SipfError RUN_NOT_FOUND, LOG_CORRUPT, RUN_IN_USE */
  async of(runId: string): Promise<AnnotationBook> {
    await this.#check(runId);
    const known = this.#open.get(runId);
    if (known !== undefined) return await known;
    const book = AnnotationBook.open(this.#file(runId));
    this.#open.set(runId, book);
    // What cannot be opened is tried again by the next caller.
    book.catch(() => this.#open.delete(runId));
    await this.#closeOldest();
    return await book;
  }

  /** The annotations in force, whoever writes them. @throws SipfError RUN_NOT_FOUND, LOG_CORRUPT */
  async read(runId: string): Promise<readonly Annotation[]> {
    await this.#check(runId);
    const book = await this.#open.get(runId);
    return book?.annotations ?? (await readAnnotations(this.#file(runId)));
  }

  async close(): Promise<void> {
    const books = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    for (const book of books) if (book.status === 'fulfilled') await book.value.close();
  }

  #file(runId: string): string {
    return layoutIn(this.#folderOf(runId)).annotations;
  }

  async #closeOldest(): Promise<void> {
    const [oldest] = this.#open;
    if (this.#open.size <= MAX_OPEN || oldest === undefined) return;
    this.#open.delete(oldest[0]);
    await (await oldest[1]).close();
  }
}
