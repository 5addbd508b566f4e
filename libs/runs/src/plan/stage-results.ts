import { SipfError } from '@sipf/errors';
import { z } from 'zod';
import { jsonNumbers } from '../json-numbers.ts';
import { kindOfStage, rowOf, type RowOf, type StageKind } from './stage-kinds.ts';

/** What any stage leaves behind: references and numbers, all of them functions of the configuration and the seed. */
export const stageResult = z
  .object({
    /** Artifacts and models by name, as digests. */
    outputs: z.record(z.string(), z.string()).readonly(),
    /** How many of what, e.g. `positive`. */
    counts: jsonNumbers,
    /** Other figures, e.g. `wholePathAccuracy`. */
    figures: jsonNumbers,
  })
  .readonly();
export type StageResult = z.infer<typeof stageResult>;

type Part = keyof StageResult;
const PARTS: readonly Part[] = ['outputs', 'counts', 'figures'];

/** Zod gives what is optional as undefined too; a result has it or not. */
type Exact<T> = { readonly [N in keyof T]: Exclude<T[N], undefined> };

/** What each kind of stage leaves, as its row of the table says. */
export type StageResults = { [K in StageKind]: { readonly [P in Part]: Exact<z.infer<RowOf<K>[P]>> } };

/** None for figures whose names have numbers in them. */
type NamesIn<K extends StageKind, P extends Part> = string extends keyof StageResults[K][P]
  ? never
  : Extract<keyof StageResults[K][P], string>;
type Dotted<P extends Part> = { [K in StageKind]: `${K}.${NamesIn<K, P>}` }[StageKind];

/** Numbers of stages of several kinds, `<kind>.<name>`, e.g. `sample.unique`. */
export interface StageNumbers {
  readonly counts: Readonly<Partial<Record<Dotted<'counts'>, number>>>;
  readonly figures: Readonly<Partial<Record<Dotted<'figures'>, number>>>;
}

/** A name of a result that its kind does not have, lacks, or has with a value that is none. */
export interface ResultFault {
  /** Within the result, e.g. `counts.correct`. */
  readonly field: string;
  readonly description: string;
}

/** The first fault of a result that is read from a disk; undefined for a right one. */
export function faultOfResult(stage: string, result: StageResult): ResultFault | undefined {
  const kind = kindOfStage(stage);
  if (kind === undefined) return { field: 'stage', description: `${stage} is of no known kind` };
  for (const part of PARTS) {
    const shape = rowOf(kind)[part];
    const fault = unknownName(shape, result[part]) ?? wrongValue(shape, result[part]);
    if (fault !== undefined) return { ...fault, field: `${part}.${fault.field}` };
  }
  return undefined;
}

/** {@link readResult} of a stage; undefined for one that has no result. */
export function resultOf<K extends StageKind>(
  { id, kind }: { readonly id: string; readonly kind: K },
  results: ReadonlyMap<string, StageResult>,
): StageResults[K] | undefined {
  const result = results.get(id);
  return result === undefined ? undefined : readResult(kind, result, id);
}

/**
 * A result by the names of its kind. The reader of a log has refused one that has not just these names; logs of before there
 * was a format may have others, so a name that is always there and is missing is an error where it is read.
 * @param stage its id, for the error
 * @returns a view whose properties throw SipfError `data-loss` RESULT_INVALID that names log and field
 */
export function readResult<K extends StageKind>(
  kind: K,
  result: StageResult,
  stage: string,
): StageResults[K] {
  const parts = PARTS.map((part) => [part, view(rowOf(kind)[part], result[part], `${stage}: ${part}`)]);
  return Object.fromEntries(parts) as StageResults[K];
}

type Shape = ReturnType<typeof rowOf>[Part];
type Values = Readonly<Record<string, string | number>>;

function view(shape: Shape, values: Values, where: string): Values {
  if (!(shape instanceof z.ZodObject)) return values;
  return new Proxy(values, {
    get: (target, name) => {
      if (typeof name === 'string' && Object.hasOwn(shape.shape, name))
        checkValue(shape, target, name, where);
      return Reflect.get(target, name) as unknown;
    },
  });
}

function checkValue({ shape }: z.ZodObject, values: Values, name: string, where: string): void {
  const fault = wrongValue(z.object({ [name]: shape[name] as z.ZodType }), values);
  if (fault === undefined) return;
  const { description } = fault;
  const field = `log.jsonl: stage ${where}.${name}`;
  const remedy =
    'restore the log from a copy, or cut it off before that stage is completed and resume the run, which computes it again';
  throw new SipfError('data-loss', `${field} ${description}: ${remedy}`, {
    reason: 'RESULT_INVALID',
    violations: [{ field, description }],
  });
}

function wrongValue(shape: z.ZodType, values: Values): ResultFault | undefined {
  const [issue] = shape.safeParse(values).error?.issues ?? [];
  if (issue === undefined) return undefined;
  const field = issue.path.join('.');
  return { field, description: Object.hasOwn(values, field) ? `is invalid: ${issue.message}` : 'is missing' };
}

function unknownName(shape: Shape, values: Values): ResultFault | undefined {
  if (!(shape instanceof z.ZodObject)) return undefined;
  const field = Object.keys(values).find((name) => !Object.hasOwn(shape.shape, name));
  return field === undefined ? undefined : { field, description: 'is an unknown name' };
}
