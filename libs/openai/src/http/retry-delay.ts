import type { Rng } from '@sipf/random';

const FIRST_MS = 500;
const LONGEST_MS = 60_000;

/**
 * How long to wait before the next attempt: what the server asks for, at most 10 minutes, else twice as long each time,
 * half of it by chance so that callers do not come back together.
 * @param attempt from 1
 * @param retryAfter the header's text: seconds, or a date (RFC 9110)
 * @param now milliseconds since 1970
 */
export function retryDelayMs(
  attempt: number,
  { retryAfter, now, rng }: { readonly retryAfter: string | null; readonly now: number; readonly rng: Rng },
): number {
  const asked = retryAfter === null ? undefined : askedDelayMs(retryAfter.trim(), now);
  if (asked !== undefined) return Math.min(asked, 600_000);
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1));
  return longest / 2 + (longest / 2) * rng.uniform();
}

function askedDelayMs(retryAfter: string, now: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(retryAfter)) return 1000 * Number(retryAfter);
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
