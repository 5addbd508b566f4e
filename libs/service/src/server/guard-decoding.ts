import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { TsProtoServiceDefinition } from 'nice-grpc';

/** Stands in for a request whose bytes are not the message that the method takes. */
export class MalformedRequest {
  readonly cause: unknown;
  /** What is wrong with it, for its sender. */
  readonly fault: string;

  constructor(cause: unknown) {
    this.cause = cause;
    this.fault = isNoUtf8(cause)
      ? 'a text of the request is not UTF-8'
      : 'the request is not a message that this method takes';
  }
}

/** Refuses what is not UTF-8, as proto3 does; the decoder's own puts another character in its place. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function isNoUtf8(cause: unknown): boolean {
  return (cause as { readonly code?: unknown }).code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
}

/** Messages as ts-proto writes them read from a reader, too. */
type Decode = (input: BinaryReader) => unknown;

type Method = TsProtoServiceDefinition['methods'][string];

/**
 * The same definition, except that undecodable bytes become a {@link MalformedRequest} for the validation to refuse:
 * grpc-js itself would answer INTERNAL with the decoder's message.
 */
export function guardDecoding(definition: TsProtoServiceDefinition): TsProtoServiceDefinition {
  const methods = Object.entries(definition.methods).map(
    ([key, method]) => [key, guardMethod(method)] as const,
  );
  return { ...definition, methods: Object.fromEntries(methods) };
}

function guardMethod(method: Method): Method {
  const decode = (bytes: Uint8Array): unknown => {
    try {
      const reader = new BinaryReader(bytes, (text) => utf8.decode(text));
      return (method.requestType.decode as unknown as Decode)(reader);
    } catch (cause) {
      return new MalformedRequest(cause);
    }
  };
  return { ...method, requestType: { ...method.requestType, decode } };
}
