/** Runs `work` unless it has been done for this id; resolves to whether it ran to its end in this call. */
export type ApplyOnce = (id: string, work: () => Promise<void>) => Promise<boolean>;

/**
 * Makes a handler idempotent within one process: work of an id that is done is not repeated, work under way is joined,
 * and work that failed may be tried again. The ids of the last `capacity` done are remembered; older ones must be
 * harmless to repeat, as must all of them after a restart.
 */
export function createApplyOnce(capacity = 4096): ApplyOnce {
  const done = new Set<string>();
  const running = new Map<string, Promise<void>>();
  return async (id, work) => {
    if (done.has(id)) return false;
    const underway = running.get(id);
    if (underway !== undefined) {
      await underway;
      return false;
    }
    const promise = work();
    running.set(id, promise);
    try {
      await promise;
    } finally {
      running.delete(id);
    }
    done.add(id);
    if (done.size > capacity) forgetOldest(done);
    return true;
  };
}

function forgetOldest(ids: Set<string>): void {
  for (const oldest of ids) {
    ids.delete(oldest);
    return;
  }
}
