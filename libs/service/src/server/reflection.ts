import { descriptorSetUrl } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { CallContext } from 'nice-grpc';
import { readFile } from 'node:fs/promises';
import { MalformedRequest } from './guard-decoding.ts';

const asItIs = (bytes: Buffer): Buffer => bytes;

/** The method without its messages: few callers ask, and what decodes them is a tenth of what a service loads. */
const definition = {
  serverReflectionInfo: {
    path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    requestStream: true,
    responseStream: true,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
} as const;

/**
 * Server reflection over a compiled FileDescriptorSet, listing the named services only; both are loaded by the first call.
 * @param options.descriptorSet `@default` the descriptor set of `@sipf/contracts`
 */
export function reflectionOf(options: {
  readonly serviceNames: readonly string[];
  readonly descriptorSet?: Uint8Array | undefined;
}) {
  const load = async () => {
    const { ServerReflection, ServerReflectionService } = await import('nice-grpc-server-reflection');
    const descriptorSet = options.descriptorSet ?? new Uint8Array(await readFile(descriptorSetUrl));
    const { serverReflectionInfo: answer } = ServerReflection(descriptorSet, options.serviceNames);
    return { answer, messages: ServerReflectionService.serverReflectionInfo };
  };
  let loaded: ReturnType<typeof load> | undefined;
  return {
    definition,
    handlers: {
      async *serverReflectionInfo(
        requests: AsyncIterable<Buffer>,
        context: CallContext,
      ): AsyncGenerator<Buffer> {
        const { answer, messages } = await (loaded ??= load());
        const decoded = mapped(requests, (bytes) => decode(messages.requestDeserialize, bytes));
        yield* mapped(answer(decoded, context) as AsyncIterable<never>, messages.responseSerialize);
      },
    },
  };
}

async function* mapped<From, To>(items: AsyncIterable<From>, change: (item: From) => To): AsyncGenerator<To> {
  for await (const item of items) yield change(item);
}

function decode<Message>(read: (bytes: Buffer) => Message, bytes: Buffer): Message {
  try {
    return read(bytes);
  } catch (cause) {
    const { fault } = new MalformedRequest(cause);
    throw new SipfError('invalid-argument', fault, { reason: 'INVALID_FIELD', cause });
  }
}
