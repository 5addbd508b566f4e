import type { FieldViolation } from '@sipf/errors';
import type { OpenedData, OpenedModel } from './opened.ts';

/** Files and folders that are opened once, for all the runs of an experiment that name them. */
export class Openings {
  readonly data = new Once<OpenedData | FieldViolation>();
  readonly models = new Once<OpenedModel | FieldViolation>();
}

class Once<T> {
  readonly #made = new Map<string, Promise<T>>();

  /** What was made for the key, or is made now. */
  of(key: readonly string[], make: () => Promise<T>): Promise<T> {
    const name = JSON.stringify(key);
    const made = this.#made.get(name) ?? make();
    this.#made.set(name, made);
    return made;
  }
}
