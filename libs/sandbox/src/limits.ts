import { SipfError, type FieldViolation } from '@sipf/errors';

/** Bounds of one program. */
export interface Limits {
  /** Real time from the program's start, 1 or more. @default 5000 */
  readonly wallTimeMs: number;
  /** Processor time, 1 or more; enforced to about 20 ms where the system has /proc. @default 5000 */
  readonly cpuTimeMs: number;
  /** Heap of the isolate with its array buffers, 8 or more. @default 128 */
  readonly memoryLimitMiB: number;
  /** Standard output and error together, in bytes of UTF-8. @default 65536 */
  readonly maxOutputBytes: number;
}

/** Limits that fit the usual programming problems. */
export const defaultLimits: Limits = {
  wallTimeMs: 5_000,
  cpuTimeMs: 5_000,
  memoryLimitMiB: 128,
  maxOutputBytes: 65_536,
};

const smallest: Limits = { wallTimeMs: 1, cpuTimeMs: 1, memoryLimitMiB: 8, maxOutputBytes: 0 };
const names = Object.keys(smallest) as readonly (keyof Limits)[];

/**
 * The limits of one run: the requested ones, never above the caps.
 * @throws SipfError `invalid-argument` on values out of range.
 */
export function capLimits(asked: Partial<Limits>, caps: Limits): Limits {
  const violations: FieldViolation[] = [];
  const cap = (name: keyof Limits): number => {
    const value = asked[name] ?? caps[name];
    if (!Number.isFinite(value) || value < smallest[name]) {
      violations.push({
        field: `limits.${name}`,
        description: `must be a number of at least ${smallest[name]}`,
      });
    }
    return Math.min(Math.trunc(value), caps[name]);
  };
  const capped = Object.fromEntries(names.map((name) => [name, cap(name)])) as Record<keyof Limits, number>;
  if (violations.length > 0) {
    throw new SipfError('invalid-argument', 'the limits are not valid', {
      reason: 'INVALID_LIMITS',
      violations,
    });
  }
  return capped;
}
