import { fromBinary, fromJson, toBinary, toJson, type DescMessage, type JsonValue } from '@bufbuild/protobuf';
import { MAX_BATCH } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { longListOf } from './long-lists.ts';

/** A message type of the generated client. */
interface MessageCodec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

/**
 * A JSON value as a message, by the JSON mapping of proto3; unknown fields are errors.
 * @throws SipfError invalid-argument INVALID_FIELD naming the wrong field
 */
export function messageOf<Message>(
  descriptor: DescMessage,
  codec: MessageCodec<Message>,
  json: unknown,
): Message {
  return codec.decode(toBinary(descriptor, parsed(descriptor, json)));
}

/** A message as JSON, including fields with default values: a reader need not know the defaults. */
export function jsonOf<Message>(
  descriptor: DescMessage,
  codec: MessageCodec<Message>,
  message: Message,
): JsonValue {
  const bytes = codec.encode(message).finish();
  return toJson(descriptor, fromBinary(descriptor, bytes), { alwaysEmitImplicit: true });
}

function parsed(descriptor: DescMessage, json: unknown) {
  const long = longListOf(descriptor, json);
  if (long !== undefined) {
    throw wrong(long.field, `must have at most ${MAX_BATCH} entries, has ${long.count}`);
  }
  try {
    return fromJson(descriptor, json as JsonValue);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : 'is not a valid message';
    throw wrong(wrongField(descriptor, json) || 'body', words.slice(0, MAX_WORDS), cause);
  }
}

function wrong(field: string, description: string, cause?: unknown): SipfError {
  return new SipfError('invalid-argument', `${field}: ${description}`, {
    reason: 'INVALID_FIELD',
    violations: [{ field, description }],
    cause,
  });
}

const [MAX_WORDS, MAX_KEY] = [300, 128];

/**
 * The first field that the mapping refuses, as the proto spells it, e.g. `rows[3].steps[0]`; empty for a value that is not an
 * object. The mapping reports no field, so this tries one field and one entry at a time.
 */
function wrongField(descriptor: DescMessage, json: unknown): string {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return '';
  for (const [key, value] of Object.entries(json as Readonly<Record<string, unknown>>)) {
    if (isTaken(descriptor, key, value)) continue;
    const field = descriptor.fields.find(({ jsonName, name }) => jsonName === key || name === key);
    if (field === undefined) return key.slice(0, MAX_KEY);
    const items = field.fieldKind === 'list' && Array.isArray(value) ? (value as unknown[]) : undefined;
    const at = items?.findIndex((item) => !isTaken(descriptor, key, [item])) ?? -1;
    const name = at === -1 ? field.name : `${field.name}[${at}]`;
    const within = field.message === undefined ? '' : wrongField(field.message, items?.[at] ?? value);
    return within === '' ? name : `${name}.${within}`;
  }
  return '';
}

function isTaken(descriptor: DescMessage, key: string, value: unknown): boolean {
  try {
    fromJson(descriptor, { [key]: value } as JsonValue);
    return true;
  } catch {
    return false;
  }
}
