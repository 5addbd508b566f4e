import { z } from 'zod';
import { holder, thisHolder } from './holder.ts';

/** What a holder says of itself when it takes a lease. */
export const claim = z.object({
  holder,
  /** As `Lease.epoch`. */
  epoch: z.int().min(1),
  /** As `Lease.isContested`. */
  isContested: z.boolean(),
});
export type Claim = Readonly<z.infer<typeof claim>>;

/**
 * This process's claim after another one. Its epoch is higher than any before, also where the claims before are lost: where a
 * folder was deleted or restored from a copy the clock says so, and where that is wrong what was written does.
 * @param above epochs that were seen, e.g. in a log
 * @param now milliseconds since 1970
 */
export function nextClaim(
  above: readonly number[],
  { isContested, now }: { readonly isContested: boolean; readonly now: number },
): Claim {
  const epoch = Math.max(Math.floor(now / 1000), ...above.map((one) => one + 1));
  return { holder: thisHolder(now), epoch, isContested };
}
