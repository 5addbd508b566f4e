import type { FieldViolation } from '@sipf/errors';
import type { z } from 'zod';
import { describeRelation, type Relation } from '../relations.ts';
import { nearest, settingMeant, wordsAt } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** What is wrong, and with what. */
export interface WrongSettings {
  readonly schema: z.core.$ZodType;
  readonly value: unknown;
  readonly issues: readonly Issue[];
  /** What a reader calls a setting of the same section that another one must go by, e.g. a flag. @default as it is */
  readonly nameOf?: (setting: string) => string;
}

/**
 * What is wrong with settings, in words for whoever gave them: what each must be, is, and may have been meant to be. Fields are
 * dotted paths.
 */
export function settingViolations({ issues, ...wrong }: WrongSettings): FieldViolation[] {
  return issues.flatMap((issue) => violations(issue, wrong));
}

function violations(
  issue: Issue,
  { schema, value, nameOf }: Omit<WrongSettings, 'issues'>,
): FieldViolation[] {
  const field = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: field === '' ? key : `${field}.${key}`,
      description: `unknown setting${hint(settingMeant(schema, issue.path, key))}`,
    }));
  }
  const isChoice = issue.code === 'invalid_value' || issue.code === 'invalid_union';
  const words = isChoice ? wordsAt(schema, issue.path) : [];
  const given = valueAt(value, issue.path);
  return [{ field, description: describe(issue, { given, words, nameOf }) }];
}

interface Wrong {
  readonly given: unknown;
  readonly words: readonly string[];
  readonly nameOf: WrongSettings['nameOf'];
}

function describe(issue: Issue, { given, words, nameOf }: Wrong): string {
  if (given === undefined && issue.code !== 'custom') {
    return words.length === 0 ? 'is required' : `is required: one of ${words.join(', ')}`;
  }
  const relation = issue.code === 'custom' ? (issue.params?.['relation'] as Relation | undefined) : undefined;
  const is = shown(given);
  if (words.length > 0) {
    const meant = typeof given === 'string' ? hint(nearest(given, words)) : '';
    return `must be one of ${words.join(', ')}${is}${meant}`;
  }
  if (issue.code === 'invalid_type' && issue.expected === 'boolean') return `must be true or false${is}`;
  const message = relation === undefined ? decapitalised(issue.message) : describeRelation(relation, nameOf);
  return message.startsWith('must ') ? `${message}${is}` : message;
}

const LONGEST_SHOWN = 80;

/** A short value that is not a section. */
function shown(given: unknown): string {
  const isPlain = typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean';
  const text = isPlain ? String(given) : '';
  return text === '' || text.length > LONGEST_SHOWN ? '' : `, is ${text}`;
}

function hint(meant: string | undefined): string {
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

function decapitalised(text: string): string {
  return text.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}
