import type { TsProtoServiceDefinition } from 'nice-grpc';

/** Stands in for a request whose bytes are not the message that the method takes. */
export class MalformedRequest {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

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
      return method.requestType.decode(bytes);
    } catch (cause) {
      return new MalformedRequest(cause);
    }
  };
  return { ...method, requestType: { ...method.requestType, decode } };
}
