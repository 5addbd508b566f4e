import { boundOf, rangeOf, shortly } from '@sipf/contracts';
import { z } from 'zod';

/** A setting's possible values. */
type Value = string | number | boolean | undefined;

/** A setting's flag as users type it. */
export interface SettingField {
  /** A switch has no value, a list has several. */
  readonly kind: 'switch' | 'number' | 'text' | 'list';
  /** The placeholder of its value, e.g. `count`. */
  readonly value: string;
  readonly description: string;
  /** The valid values in words; empty for any text. */
  readonly range: string;
  /** Undefined without a default, or where the default is to be unset. */
  readonly usual: string | undefined;
  readonly isRequired: boolean;
  /** Whether the switch is on by default. */
  readonly isOn: boolean;
}

/** A setting's flag, derived from its schema alone: type, bound, words, default and metadata. */
export function settingField(schema: z.ZodType): SettingField {
  const inner = innermost(schema);
  const { success, data } = schema.safeParse(undefined) as z.ZodSafeParseResult<Value | readonly Value[]>;
  const words = inner instanceof z.ZodEnum ? inner.options.map(String) : [];
  const bound = boundOf(schema);
  return {
    kind: kindOf(inner),
    value: wordFor(schema, inner),
    description: metaOf(schema, 'description') ?? '',
    range: bound === undefined ? words.join(', ') : rangeOf(bound),
    usual: typeof data === 'boolean' ? undefined : textOf(data) || undefined,
    isRequired: !success,
    isOn: data === true,
  };
}

/** The value of a typed text; invalid text is returned unchanged for the schema to refuse. */
export function valueOfText(schema: z.ZodType, text: string): string | number | boolean {
  const kind = kindOf(innermost(schema));
  if (kind === 'number') return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
  if (kind === 'switch') return z.stringbool().safeParse(text).data ?? text;
  return text;
}

function textOf(value: Value | readonly Value[]): string {
  const texts = [value].flat().map((one) => (typeof one === 'number' ? shortly(one) : one));
  return texts.join(',');
}

/** The schema without default and optionality; for a transformed text, the schema of its input. */
function innermost(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) {
    return innermost(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodPipe ? innermost(schema.in as z.ZodType) : schema;
}

function kindOf(inner: z.ZodType): SettingField['kind'] {
  if (inner instanceof z.ZodNumber) return 'number';
  if (inner instanceof z.ZodBoolean) return 'switch';
  return inner instanceof z.ZodArray ? 'list' : 'text';
}

function wordFor(schema: z.ZodType, inner: z.ZodType): string {
  const own = metaOf(schema, 'value');
  if (own !== undefined) return own;
  const bound = boundOf(schema);
  if (bound !== undefined)
    return bound.isWhole ? 'count' : bound.min === 0 && bound.max <= 1 ? 'share' : 'number';
  if (inner instanceof z.ZodArray)
    return wordFor(inner.element as z.ZodType, innermost(inner.element as z.ZodType));
  return inner instanceof z.ZodEnum ? 'name' : 'text';
}

/** The outermost one present. */
function metaOf(schema: z.ZodType, key: 'description' | 'value'): string | undefined {
  const own = schema.meta()?.[key];
  if (typeof own === 'string') return own;
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) {
    return metaOf(schema.unwrap() as z.ZodType, key);
  }
  return schema instanceof z.ZodPipe ? metaOf(schema.in as z.ZodType, key) : undefined;
}
