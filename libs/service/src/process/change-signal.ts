/** Tells any number of watchers that something has changed; watchers then look for themselves. */
export interface ChangeSignal {
  /** Resolves at the next change. */
  readonly changed: Promise<undefined>;
  notify(): void;
}

/**
 * Watchers that look at state instead of being sent messages hold no queue: take `changed` before looking, then wait
 * for it.
 */
export function createChangeSignal(): ChangeSignal {
  let next = Promise.withResolvers<undefined>();
  return {
    get changed() {
      return next.promise;
    },
    notify: () => {
      const { resolve } = next;
      next = Promise.withResolvers();
      resolve(undefined);
    },
  };
}

/** Resolves when the signal aborts. */
export function whenAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const done = (): void => {
      resolve(undefined);
    };
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
  });
}
