import { common } from '@sipf/contracts';

/** A definition of every call kind over messages of the contracts, for tests of the boundary itself. */
export const EchoServiceDefinition = {
  name: 'EchoService',
  fullName: 'sipf.testing.v1.EchoService',
  methods: {
    unary: method('Unary', { requestStream: false, responseStream: false }),
    idempotent: {
      ...method('Idempotent', { requestStream: false, responseStream: false }),
      options: { idempotencyLevel: 'IDEMPOTENT' },
    },
    serverStream: method('ServerStream', { requestStream: false, responseStream: true }),
    clientStream: method('ClientStream', { requestStream: true, responseStream: false }),
    bidiStream: method('BidiStream', { requestStream: true, responseStream: true }),
  },
} as const;

function method<RequestStream extends boolean, ResponseStream extends boolean>(
  name: string,
  streams: { readonly requestStream: RequestStream; readonly responseStream: ResponseStream },
) {
  return {
    name,
    requestType: common.ArtifactRef,
    responseType: common.ArtifactRef,
    ...streams,
    options: {},
  } as const;
}
