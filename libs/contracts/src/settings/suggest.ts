import { editDistanceWithin } from '@sipf/method';
import type { z } from 'zod';

type Schema = z.core.$ZodType;
type Path = readonly PropertyKey[];

/**
 * The setting that somebody may have meant by one that is not there, dotted: a like name in the same section, or else the same
 * name in another.
 */
export function settingMeant(schema: Schema, section: Path, key: string): string | undefined {
  const here = section.map(String);
  const near = nearest(key, keysOf(schemasAt([schema], section)));
  if (near !== undefined) return [...here, near].join('.');
  const elsewhere = allSettings(schema).filter((path) => plain(path.split('.').at(-1) ?? '') === plain(key));
  return elsewhere.toSorted((a, b) => a.split('.').length - b.split('.').length)[0];
}

/** The one of some words that another is like, e.g. for a word of an enumeration. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.min(3, Math.ceil(word.length / 3));
  const found = known
    .map((name) => ({ name, distance: editDistanceWithin(plain(word), plain(name), limit) }))
    .filter((candidate): candidate is { name: string; distance: number } => candidate.distance !== undefined)
    .toSorted((a, b) => a.distance - b.distance);
  return found[0]?.name;
}

/** The values of the enumeration, or the names of the union, at a path; none anywhere else. */
export function wordsAt(schema: Schema, path: Path): string[] {
  return schemasAt([schema], path).flatMap(({ _zod: { def } }) => {
    if (def.type === 'enum') return Object.values((def as z.core.$ZodEnumDef).entries).map(String);
    if (def.type === 'literal') return (def as z.core.$ZodLiteralDef<z.core.util.Literal>).values.map(String);
    return [];
  });
}

/** Without what distinguishes `learning_rate` from `learningRate`. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}

function schemasAt(schemas: readonly Schema[], [key, ...rest]: Path): readonly Schema[] {
  const objects = schemas.flatMap(unwrapped);
  if (key === undefined) return objects;
  const next = objects.flatMap(({ _zod: { def } }) => {
    if (def.type === 'object') return (def as z.core.$ZodObjectDef).shape[String(key)] ?? [];
    return def.type === 'array' ? (def as z.core.$ZodArrayDef).element : [];
  });
  return schemasAt(next, rest);
}

/** What a schema is without defaults and conditions; the options of a union. */
function unwrapped(schema: Schema): readonly Schema[] {
  const { def } = schema._zod;
  if ('innerType' in def) return unwrapped(def.innerType as Schema);
  if (def.type === 'pipe') return unwrapped((def as z.core.$ZodPipeDef).in);
  if (def.type === 'union') return (def as z.core.$ZodUnionDef).options.flatMap(unwrapped);
  return [schema];
}

function keysOf(schemas: readonly Schema[]): string[] {
  return schemas.flatMap(({ _zod: { def } }) =>
    def.type === 'object' ? Object.keys((def as z.core.$ZodObjectDef).shape) : [],
  );
}

/** Every setting, dotted; lists are left out. */
function allSettings(schema: Schema, prefix = ''): string[] {
  return unwrapped(schema).flatMap(({ _zod: { def } }) => {
    if (def.type !== 'object') return [];
    return Object.entries((def as z.core.$ZodObjectDef).shape).flatMap(([key, inner]) => [
      `${prefix}${key}`,
      ...allSettings(inner, `${prefix}${key}.`),
    ]);
  });
}
