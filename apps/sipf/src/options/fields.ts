import { BOUNDS, describeBound, isWithin, type Bound } from '@sipf/contracts';
import { parseAddress } from '@sipf/service';
import { z } from 'zod';

/** `host:port`. */
export const address = z.string().refine(isAddress, 'must be host:port, e.g. 127.0.0.1:9090');
/** A count of 1 or more, from text. */
export const count = number(
  'must be a whole number of at least 1',
  (value) => Number.isInteger(value) && value >= 1,
);
/** A count of 0 or more, from text. */
export const countOrNone = number(
  'must be a whole number of at least 0',
  (value) => Number.isInteger(value) && value >= 0,
);
export const positive = number('must be a number over 0', (value) => value > 0);
/** Seconds that a timer can wait. */
export const seconds = inBound({
  ...{ min: 0.001, isWhole: false },
  max: Math.floor(BOUNDS.timeoutMs.max / 1000),
});
export const notNegative = number('must be a number of at least 0', (value) => value >= 0);
/** A number within a row of the table of bounds, from text. */
export function inBound(bound: Bound) {
  return number(`must be ${describeBound(bound)}`, (value) => isWithin(value, bound));
}
export const share = number('must be a number from 0 to 1', (value) => value >= 0 && value <= 1);
/** A file, or `-` for a standard stream. */
export const file = z.string().min(1, 'must name a file, or - for the standard stream');
export const folder = z.string().min(1, 'must name a folder');

/** One of a table's names. */
export function nameIn<Name extends string>(table: Readonly<Record<Name, number>>): z.ZodType<Name> {
  return z.enum(Object.keys(table) as [Name], `must be one of ${namesOf(table)}`);
}

/** A table's names, for people. */
export function namesOf(table: Readonly<Record<string, number>>): string {
  return Object.keys(table).join(', ');
}

function number(message: string, accepts: (value: number) => boolean) {
  return z
    .string()
    .refine((text) => text.trim() !== '' && Number.isFinite(Number(text)) && accepts(Number(text)), message)
    .transform(Number);
}

function isAddress(text: string): boolean {
  try {
    return parseAddress(text).port > 0;
  } catch {
    return false;
  }
}
