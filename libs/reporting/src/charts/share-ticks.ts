import { ticksOver } from '@sipf/figures';

/** Ticks over shares: never beyond 0 and 1, which nothing can reach. */
export function shareTicks(shares: readonly number[]): number[] {
  return ticksOver(shares).filter((tick) => tick >= 0 && tick <= 1);
}
