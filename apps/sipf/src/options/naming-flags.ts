import { flagOf } from '@sipf/service';
import type { z } from 'zod';

/** A name of several words, as settings are called within a service, with the part of a setting that it is in. */
const SETTING = /\b(?:[a-z]+\.)?([a-z]+(?:[A-Z][a-z]*)+)\b/g;

/** A service's words about settings, with those that are flags of a command called as they are there: `--warmup-ratio`. */
export function namingFlags(text: string, shape: Readonly<Record<string, z.ZodType>>): string {
  return text.replaceAll(SETTING, (written, name: string) =>
    Object.hasOwn(shape, name) ? flagOf(name) : written,
  );
}
