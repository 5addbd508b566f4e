/**
 * Says to any number of watchers that something has changed. Watchers look at state instead of being sent messages, and so need
 * no queue: take `changed` before looking, then wait for it.
 */
export class ChangeSignal {
  #next = Promise.withResolvers<undefined>();

  /** Resolves at the next change. */
  get changed(): Promise<undefined> {
    return this.#next.promise;
  }

  notify(): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers();
    resolve(undefined);
  }
}
