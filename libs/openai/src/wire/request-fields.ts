import { BOUNDS, MAX_TEXT } from '@sipf/contracts';
import { z } from 'zod';

/** Entries of a list that a request may hold; more are refused before they are looked at. */
const MAX_PROMPTS = BOUNDS.itemsPerCall.max;
export const UINT32 = 2 ** 32 - 1;

/** Text that UTF-8 can say: half a surrogate pair would become another character on its way. */
export const text = z.string().refine((value) => value.isWellFormed(), {
  message: 'must be text without halves of surrogate pairs',
});

export const flag = z.boolean().nullish();

/**
 * A field that is there for clients that send what they mean anyway: its neutral values pass, and any other is refused by name,
 * since it would ask for something that is not done here.
 */
export function neutral(...values: readonly unknown[]) {
  const passes = (value: unknown): boolean =>
    value === undefined || value === null || values.some((one) => isSame(value, one));
  const only = values.length === 0 ? 'null' : values.map((value) => JSON.stringify(value)).join(' or ');
  return z
    .unknown()
    .refine(passes, { message: `is not supported: it may only be left out or ${only}` })
    .meta({ enum: [...values, null] })
    .optional();
}

/** Goes no deeper than what is expected, however deep the value is. */
function isSame(value: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null) return value === expected;
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== Array.isArray(expected)) {
    return false;
  }
  const [own, wanted] = [value, expected] as Readonly<Record<string, unknown>>[];
  const keys = Object.keys(wanted ?? {});
  return keys.length === Object.keys(value).length && keys.every((key) => isSame(own?.[key], wanted?.[key]));
}

/** A list whose length is looked at before its entries are. */
export function bounded<Item extends z.ZodType>(item: Item, { min = 0, max }: { min?: number; max: number }) {
  return z.preprocess((value, context) => {
    if (!Array.isArray(value) || (value.length >= min && value.length <= max)) return value;
    const message = `must have ${min} to ${max} entries, has ${value.length}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }, z.array(item));
}

type Prompt = string | number[] | string[] | number[][];

/** A text, its tokens, or a list of either; only its first fault is reported, since there may be a million. */
export const prompt = z
  .unknown()
  .superRefine((value, context) => {
    const fault = faultOfPrompt(value);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  })
  .transform((value) => value as Prompt)
  .meta({
    anyOf: [
      { type: 'string' },
      { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: MAX_TEXT },
      { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: MAX_PROMPTS },
      {
        type: 'array',
        items: { type: 'array', items: { type: 'integer' }, minItems: 1 },
        minItems: 1,
        maxItems: MAX_PROMPTS,
      },
    ],
  });

function faultOfPrompt(value: unknown): string | undefined {
  if (typeof value === 'string') return faultOfText(value);
  if (!Array.isArray(value)) return 'must be a text, a list of token ids, or a list of either';
  if (value.length === 0) return 'must not be empty';
  const items = value as readonly unknown[];
  if (typeof items[0] === 'number') return faultOfTokens(items);
  if (items.length > MAX_PROMPTS) return `must have 1 to ${MAX_PROMPTS} prompts, has ${items.length}`;
  const faultOf = typeof items[0] === 'string' ? faultOfText : faultOfTokens;
  for (const [index, item] of items.entries()) {
    const fault = faultOf(item);
    if (fault !== undefined) return `[${index}] ${fault}`;
  }
  return undefined;
}

function faultOfText(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be a text, as the first one is';
  return value.isWellFormed() ? undefined : 'must be text without halves of surrogate pairs';
}

function faultOfTokens(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'must be a list of token ids';
  const ids = value as readonly unknown[];
  if (ids.length === 0 || ids.length > MAX_TEXT) {
    return `must have 1 to ${MAX_TEXT} token ids, has ${ids.length}`;
  }
  const wrong = ids.findIndex(
    (id) => !(Number.isInteger(id) && (id as number) >= 0 && (id as number) <= UINT32),
  );
  return wrong === -1 ? undefined : `must hold token ids, which are integers from 0; [${wrong}] is none`;
}
