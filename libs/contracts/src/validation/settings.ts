import type { z } from 'zod';
import { withZero, type Bound } from '../bounds.ts';
import { boundOf } from '../settings/fields.ts';
import { nameOf } from '../training-names.ts';
import type { Checks } from './checks.ts';

/**
 * Checks every number of a message that is a setting of this shape; 0 stands for an optional one that is not given.
 * @param own bounds of a message's own, by setting
 */
export function checkNumbers(
  checks: Checks,
  message: object,
  shape: z.ZodRawShape,
  own: Readonly<Record<string, Bound>> = {},
): void {
  for (const [name, field] of Object.entries(shape)) {
    const bound = own[name] ?? boundOf(field);
    const isOptional = field._zod.optin === 'optional' && field._zod.def.type === 'optional';
    if (bound !== undefined) {
      const value = (message as Readonly<Record<string, number>>)[name] ?? NaN;
      checks.within(value, fieldOf(name), isOptional ? withZero(bound) : bound);
    }
  }
}

/** Checks that every enumeration of a message has the number of a word. @param words the tables of the words, by setting */
export function checkWords(
  checks: Checks,
  message: object,
  words: Readonly<Record<string, Readonly<Record<string, number>>>>,
): void {
  for (const [name, table] of Object.entries(words)) {
    const value = (message as Readonly<Record<string, number>>)[name] ?? 0;
    checks.require(
      nameOf(table, value) !== undefined,
      fieldOf(name),
      value === 0 ? 'is required' : 'is not known',
    );
  }
}

/** A setting's name in the proto: `max_steps` for `maxSteps`. */
export function fieldOf(setting: string): string {
  return setting.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
