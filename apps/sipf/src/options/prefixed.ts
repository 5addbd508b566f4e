import type { z } from 'zod';
import type { FlagsOf } from './define-command.ts';

/** Fields under names with a prefix: `loraRank` for `rank`. */
type Prefixed<Prefix extends string, Fields> = {
  [Name in keyof Fields & string as `${Prefix}${Capitalize<Name>}`]: Fields[Name];
};

/** The flags of one section among those of others. */
export function prefixed<const Prefix extends string, Shape extends object>(
  prefix: Prefix,
  shape: Shape,
): Prefixed<Prefix, Shape> {
  const fields = Object.entries(shape).map(([name, field]) => [nameOf(prefix, name), field as unknown]);
  return Object.fromEntries(fields) as Prefixed<Prefix, Shape>;
}

/** The section of {@link prefixed}'s flags, by its own names. */
export function withoutPrefix<Shape extends z.ZodRawShape>(
  prefix: string,
  shape: Shape,
  flags: object,
): FlagsOf<Shape> {
  const given = flags as Readonly<Record<string, unknown>>;
  const values = Object.keys(shape).map((name) => [name, given[nameOf(prefix, name)]]);
  return Object.fromEntries(values) as FlagsOf<Shape>;
}

function nameOf(prefix: string, name: string): string {
  return `${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
