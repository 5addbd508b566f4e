import type { z } from 'zod';
import { isWithin } from '../bounds.ts';
import { Optimisation, type LoraSettings } from '../generated/sipf/training/v1/training.ts';
import {
  decayNamed,
  nameOf,
  precisionNamed,
  promptSharingNamed,
  quantisationNamed,
  scheduleNamed,
} from '../training-names.ts';
import type { AdapterConfig } from './adapter.ts';
import { boundOf } from './fields.ts';
import { optimisationShape, type OptimisationConfig } from './optimisation.ts';

/** Settings of a training that are words to people and enumerations in a message, with the tables of their words. */
export const OPTIMISATION_WORDS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  schedule: scheduleNamed,
  decay: decayNamed,
  precision: precisionNamed,
  promptSharing: promptSharingNamed,
} satisfies Partial<Record<keyof OptimisationConfig, object>>;

/**
 * The settings of a training as a request carries them: fields of the same names, words as enumerations, 0 for what is not
 * given.
 */
export function toOptimisation({ longerRows, ...settings }: OptimisationConfig): Optimisation {
  const fields = Object.entries(settings).map(([name, value]) => {
    return [name, OPTIMISATION_WORDS[name]?.[String(value)] ?? value] as const;
  });
  return Optimisation.fromPartial({ ...Object.fromEntries(fields), dropLongerRows: longerRows === 'drop' });
}

/** The settings that a checked request carries, with the defaults of those that are not given. */
export function fromOptimisation(message: Optimisation): OptimisationConfig {
  const settings = Object.entries(optimisationShape).map(([name, field]) => [
    name,
    settingOf(message, name, field),
  ]);
  const { dropLongerRows } = message;
  return {
    ...(Object.fromEntries(settings) as Omit<OptimisationConfig, 'longerRows'>),
    longerRows: dropLongerRows ? 'drop' : 'error',
  };
}

/** A number that the setting cannot have, or that no word has, is what an absent field decodes to. */
function settingOf(message: object, name: string, field: z.ZodType): unknown {
  const given = (message as Readonly<Record<string, unknown>>)[name];
  const words = OPTIMISATION_WORDS[name];
  const value = words === undefined ? given : nameOf(words, Number(given));
  const bound = boundOf(field);
  const isGiven = value !== undefined && (value !== 0 || bound === undefined || isWithin(0, bound));
  const usual = field.safeParse(undefined);
  return isGiven || !usual.success ? value : usual.data;
}

/** An adapter's settings as a request carries them. */
export function toLora({ quantisation, ...settings }: AdapterConfig): LoraSettings {
  return { ...settings, quantisation: quantisationNamed[quantisation] };
}
