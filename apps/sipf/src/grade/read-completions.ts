import { usageError } from '../usage-error.ts';

/** A row as JSON has it. */
export type JsonRow = Readonly<Record<string, unknown>>;

/** What a model wrote for a problem. */
export interface Completions {
  /** Null where a server gave nothing. */
  readonly texts: readonly (string | null)[];
  /** Whether the row has a list of them, so that its verdicts are lists too. */
  readonly isList: boolean;
}

/** Names that fields with completions have; a row has one of them. `resps` is lm-eval's. */
const names = [
  ...[
    'completion',
    'completions',
    'response',
    'responses',
    'output',
    'outputs',
    'generated_text',
    'generation',
  ],
  ...['generations', 'prediction', 'predictions', 'model_output', 'resps'],
];

/**
 * The completions of a row: a text or a list of texts, alone or in objects as vLLM (`outputs: [{text}]`), OpenAI
 * (`choices: [{message: {content}}]`) and lm-eval (`resps: [[text]]`) write them.
 * @param isTextCompletion whether `text` is a completion; for MBPP it is the problem's
 * @throws SipfError `invalid-argument` that names the field
 */
export function readCompletions(
  row: JsonRow,
  { isTextCompletion }: { readonly isTextCompletion: boolean },
): Completions {
  const known = [
    ...names,
    ...(isTextCompletion ? ['text'] : []),
    ...(holdsReplies(row['choices']) ? ['choices'] : []),
  ];
  const [field, second] = known.filter((name) => row[name] !== undefined);
  if (field === undefined) throw usageError('completion: is required (or completions, a list)');
  if (second !== undefined)
    throw usageError(`${field}, ${second}: only one of them can be the completion; take the other out`);
  const value = row[field];
  if (field === 'resps') return readResps(value);
  return Array.isArray(value)
    ? {
        texts: requireSome(value, field).map((item, index) => textOf(item, `${field}.${index}`)),
        isList: true,
      }
    : { texts: [textOf(value, field)], isList: false };
}

/** lm-eval's answers: a list for each of its requests, with a text for each time that it was repeated. */
function readResps(value: unknown): Completions {
  const [request, another] = Array.isArray(value) ? (value as unknown[]) : [];
  if (!Array.isArray(request) || another !== undefined) {
    throw usageError(
      'resps: must be a list with one list of texts, as lm-eval has it for tasks that generate',
    );
  }
  const texts = requireSome(request, 'resps.0').map((item, index) => textOf(item, `resps.0.${index}`));
  return { texts, isList: texts.length > 1 };
}

function requireSome(items: readonly unknown[], field: string): readonly unknown[] {
  if (items.length === 0) throw usageError(`${field}: must hold at least one completion`);
  return items;
}

function textOf(value: unknown, field: string): string | null {
  if (typeof value === 'string' || value === null) return value;
  const inside = isObject(value)
    ? (value['text'] ?? value['generated_text'] ?? value['content'] ?? messageOf(value))
    : undefined;
  if (typeof inside === 'string' || inside === null) return inside;
  throw usageError(`${field}: must be a text, or an object with text or message.content`);
}

function messageOf({ message }: JsonRow): unknown {
  return isObject(message) ? message['content'] : undefined;
}

function holdsReplies(value: unknown): boolean {
  return Array.isArray(value) && isObject(value[0]);
}

/** Whether a value is an object with fields. */
export function isObject(value: unknown): value is JsonRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
