import { settingViolations } from '@sipf/contracts';
import { SipfError, type FieldViolation } from '@sipf/errors';
import type { z } from 'zod';
import { valueOfText } from './setting-field.ts';

/** The sources of settings: the command line wins over the environment, the environment over defaults. */
export interface SettingsSource {
  /** Arguments after the program's name: `--key value`, `--key=value`, or `--key` alone for true. */
  readonly argv: readonly string[];
  /** `SIPF_KEY` for the setting `key`; other variables are ignored. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The flag of a setting: `maxCallMs` is `--max-call-ms`. */
export function flagOf(key: string): string {
  return `--${words(key).join('-')}`;
}

/** The environment variable of a setting: `maxCallMs` is `SIPF_MAX_CALL_MS`. */
export function variableOf(key: string): string {
  return `SIPF_${words(key).join('_').toUpperCase()}`;
}

/**
 * Reads settings by a zod object: numbers and switches from text, everything else as text.
 * @throws SipfError `invalid-argument` naming every wrong setting by its flag and variable, and unknown flags.
 */
export function parseSettings<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  source: SettingsSource,
): z.infer<z.ZodObject<Shape>> {
  const keys = Object.keys(schema.shape);
  const flags = readFlags(source.argv, keys);
  const value: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(schema.shape)) {
    const text = flags.values.get(key) ?? source.env[variableOf(key)];
    if (text !== undefined) value[key] = valueOfText(field as z.ZodType, text);
  }
  const parsed = schema.safeParse(value);
  const issues = parsed.success ? [] : parsed.error.issues;
  const wrong = settingViolations({ schema, value, issues }).map(named);
  const violations = [...flags.violations, ...wrong];
  if (parsed.success && violations.length === 0) return parsed.data;
  throw wrongSettings(violations);
}

/** One error for all wrong settings. */
export function wrongSettings(violations: readonly FieldViolation[]): SipfError {
  const lines = violations.map(({ field, description }) => `${field}: ${description}`);
  return new SipfError('invalid-argument', `wrong settings: ${lines.join('; ')}`, {
    reason: 'SETTINGS_INVALID',
    violations,
  });
}

interface Flags {
  readonly values: ReadonlyMap<string, string>;
  readonly violations: readonly FieldViolation[];
}

function readFlags(argv: readonly string[], keys: readonly string[]): Flags {
  const keyOfFlag = new Map(keys.map((key) => [flagOf(key), key]));
  const values = new Map<string, string>();
  const violations: FieldViolation[] = [];
  for (let index = 0; index < argv.length; index++) {
    const [flag = '', ...inline] = (argv[index] ?? '').split('=');
    const key = keyOfFlag.get(flag);
    if (key === undefined) {
      violations.push({
        field: flag,
        description: `is unknown; known are ${[...keyOfFlag.keys()].join(', ')}`,
      });
      continue;
    }
    const next = argv[index + 1];
    if (inline.length > 0) values.set(key, inline.join('='));
    else if (next === undefined || next.startsWith('--')) values.set(key, 'true');
    else {
      values.set(key, next);
      index += 1;
    }
  }
  return { values, violations };
}

function named({ field, description }: FieldViolation): FieldViolation {
  const [key = ''] = field.split('.');
  return { field: `${flagOf(key)} (${variableOf(key)})`, description };
}

function words(key: string): string[] {
  return key.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
}
