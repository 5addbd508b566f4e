import type { Lease } from './lease.ts';

/** Two leases as one, which is held while both are. @param last the one that was taken last: its epoch counts */
export function joinLeases(first: Lease, last: Lease): Lease {
  return {
    epoch: last.epoch,
    isContested: first.isContested || last.isContested,
    lost: AbortSignal.any([first.lost, last.lost]),
    get trouble() {
      return first.trouble ?? last.trouble;
    },
    check: async () => {
      await first.check();
      await last.check();
    },
    checkNow: () => first.checkNow() && last.checkNow(),
    release: async () => {
      await last.release();
      await first.release();
    },
  };
}
