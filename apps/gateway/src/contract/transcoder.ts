import { fromBinary, fromJson, toBinary, toJson, type DescMessage, type JsonValue } from '@bufbuild/protobuf';
import { SipfError } from '@sipf/errors';

/** A message type of the generated client. */
interface MessageCodec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

/**
 * A JSON value as a message, by the JSON mapping of proto3; unknown fields are errors.
 * @throws SipfError invalid-argument INVALID_FIELD that says which field is wrong
 */
export function messageOf<Message>(
  descriptor: DescMessage,
  codec: MessageCodec<Message>,
  json: unknown,
): Message {
  return codec.decode(toBinary(descriptor, parsed(descriptor, json)));
}

/** A message as JSON; fields of their default values are there, so that a reader need not know the defaults. */
export function jsonOf<Message>(
  descriptor: DescMessage,
  codec: MessageCodec<Message>,
  message: Message,
): JsonValue {
  const bytes = codec.encode(message).finish();
  return toJson(descriptor, fromBinary(descriptor, bytes), { alwaysEmitImplicit: true });
}

function parsed(descriptor: DescMessage, json: unknown) {
  try {
    return fromJson(descriptor, json as JsonValue);
  } catch (cause) {
    const description = cause instanceof Error ? cause.message : 'is no such message';
    throw new SipfError('invalid-argument', description, {
      reason: 'INVALID_FIELD',
      violations: [{ field: fieldOf(description), description }],
      cause,
    });
  }
}

/** The last part of a field that an error of the mapping names, e.g. `steps` of `sipf.verification.v1.ScoreRow.steps`. */
function fieldOf(description: string): string {
  return (
    /\.(\w+)(?:\[\d+\])? from JSON/.exec(description)?.[1] ??
    /unknown key "(\w+)"|key "(\w+)" is unknown/.exec(description)?.[1] ??
    'body'
  );
}
