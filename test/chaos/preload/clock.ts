/**
 * Loaded by `--import` before a service's own modules: the time of day is off by the milliseconds that a file holds, from the
 * moment on at which they are written there. Monotonic time continues as it is, as it does when somebody sets a clock.
 */
import { readFileSync } from 'node:fs';
import { CLOCK_VARIABLE } from './clock-variable.ts';

const file = process.env[CLOCK_VARIABLE] ?? '';
const RealDate = Date;
let offsetMs = 0;

setInterval(() => {
  try {
    offsetMs = Number(readFileSync(file, 'utf8'));
  } catch {
    // Nobody has set the clock yet.
  }
}, 50).unref();

class SetDate extends RealDate {
  constructor(...parts: unknown[]) {
    if (parts.length === 0) super(RealDate.now() + offsetMs);
    else super(...(parts as [number]));
  }

  static override now(): number {
    return RealDate.now() + offsetMs;
  }
}

globalThis.Date = SetDate as DateConstructor;
