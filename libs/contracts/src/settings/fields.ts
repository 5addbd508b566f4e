import { z } from 'zod';
import { describeBound, isWithin, type Bound } from '../bounds.ts';
import { describeRelation, isRelated, type Relation } from '../relations.ts';

/** A path as the orchestrator sees it; relative ones are resolved against the configuration file by the command line. */
export const path = z.string().min(1);

const bounds = z.registry<{ readonly bound: Bound }>();

/** A number within its row of the table of bounds; JSON Schemas made from it have the bound too. */
export function bounded(bound: Bound): z.ZodNumber {
  const error = ({ input }: { readonly input?: unknown }): string | undefined =>
    input === undefined ? undefined : `must be ${describeBound(bound)}`;
  return z
    .number({ error })
    .refine((value) => isWithin(value, bound), { error })
    .meta(jsonBound(bound))
    .register(bounds, { bound });
}

/** The row of the table that a field made by {@link bounded} is within; undefined for any other field. */
export function boundOf(field: z.core.$ZodType): Bound | undefined {
  const { def } = field._zod;
  return (
    bounds.get(field)?.bound ?? ('innerType' in def ? boundOf(def.innerType as z.core.$ZodType) : undefined)
  );
}

function jsonBound({ min, max, isWhole, orZero = false }: Bound): Readonly<Record<string, unknown>> {
  const range = { type: isWhole ? 'integer' : 'number', minimum: min, maximum: max };
  return orZero && min > 0 ? { anyOf: [{ const: 0 }, range] } : range;
}

/** One of a table's names. */
export function wordIn<const Names extends Readonly<Record<string, number>>>(
  table: Names,
): z.ZodEnum<{ [Name in keyof Names & string]: Name }> {
  return z.enum(Object.keys(table) as (keyof Names & string)[]);
}

/** A day as YYYY-MM-DD, which chat templates get that ask for one. */
export const day = z.iso.date('must be a day as YYYY-MM-DD');

/** Arguments of `refine` for two settings of one section. */
export function related<Field extends string, Other extends string>(relation: Relation<Field, Other>) {
  const { field, other } = relation;
  const holds = (section: Readonly<Record<Field | Other, number>>): boolean =>
    isRelated(section[field], section[other], relation);
  const error = { path: [field] as PropertyKey[], message: describeRelation(relation), params: { relation } };
  return [holds, error] as const;
}
