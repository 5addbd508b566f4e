import { parseDocument } from 'yaml';
import { usageError } from '../usage-error.ts';

/** One `--set key=value`. */
export interface Override {
  /** As typed, for messages. */
  readonly text: string;
  readonly path: readonly string[];
  /** Null removes the setting, so that its default holds. */
  readonly value: unknown;
}

const KEY = /^[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)*$/;

/**
 * Reads `sft.learningRate=1e-3`: a dotted key and a YAML value.
 * @throws SipfError `invalid-argument` that quotes what was typed
 */
export function parseOverride(text: string): Override {
  const equals = text.indexOf('=');
  if (equals === -1) throw wrong(text, 'must be key=value, e.g. sft.epochs=3');
  const key = text.slice(0, equals).trim();
  if (!KEY.test(key)) throw wrong(text, `"${key}" is not a key: write names joined by dots, e.g. sft.epochs`);
  return { text, path: key.split('.'), value: parseValue(text, text.slice(equals + 1)) };
}

/**
 * The settings with the overrides applied in order; sections that are missing are made.
 * @throws SipfError `invalid-argument` where a key goes through something that is not a section
 */
export function applyOverrides(
  settings: Readonly<Record<string, unknown>>,
  overrides: readonly Override[],
): Record<string, unknown> {
  const result = structuredClone(settings) as Record<string, unknown>;
  for (const override of overrides) applyOne(result, override);
  return result;
}

/** The override that a setting comes from, itself or within the object or list that was given; the last one counts. */
export function overrideOf(overrides: readonly Override[], field: string): Override | undefined {
  return overrides.findLast(({ path }) => {
    const key = path.join('.');
    return field === key || field.startsWith(`${key}.`);
  });
}

function applyOne(settings: Record<string, unknown>, { text, path, value }: Override): void {
  let section = settings;
  for (const [index, key] of path.slice(0, -1).entries()) {
    const next: unknown = Object.hasOwn(section, key) ? section[key] : (section[key] = {});
    if (typeof next !== 'object' || next === null || Array.isArray(next)) {
      throw wrong(
        text,
        `${path.slice(0, index + 1).join('.')} is not a section: it is ${JSON.stringify(next)}`,
      );
    }
    section = next as Record<string, unknown>;
  }
  const last = path.at(-1) ?? '';
  if (value === null) Reflect.deleteProperty(section, last);
  else section[last] = value;
}

function parseValue(text: string, yaml: string): unknown {
  const document = parseDocument(yaml, { prettyErrors: false });
  const [fault] = document.errors;
  if (fault !== undefined) throw wrong(text, `the value is not YAML: ${fault.message}`);
  return document.toJS() as unknown;
}

function wrong(text: string, why: string): Error {
  return usageError(`--set ${text}: ${why}`);
}
