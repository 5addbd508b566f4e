import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import type { TsProtoServiceDefinition } from 'nice-grpc';
import { Writable } from 'node:stream';

type Method = TsProtoServiceDefinition['methods'][string];

const asIs = (bytes: Buffer): Buffer => bytes;

/** A connection over which a test sends whatever bytes it likes. */
export function rawClient(address: string): Client {
  return new Client(address, credentials.createInsecure());
}

/** Sends one message of any bytes. @returns the gRPC status code; streams are read to their end */
export function callRaw(
  client: Client,
  {
    path,
    method,
    bytes,
    deadlineMs,
  }: {
    /** `/package.Service/Method` */
    readonly path: string;
    readonly method: Pick<Method, 'requestStream' | 'responseStream'>;
    readonly bytes: Uint8Array;
    readonly deadlineMs: number;
  },
): Promise<number> {
  const options = { deadline: Date.now() + deadlineMs };
  const message = Buffer.from(bytes);
  return new Promise((resolve) => {
    const answered = (error: ServiceError | null): void => {
      resolve(error?.code ?? 0);
    };
    if (!method.responseStream) {
      if (!method.requestStream) return client.makeUnaryRequest(path, asIs, asIs, message, options, answered);
      return client.makeClientStreamRequest(path, asIs, asIs, options, answered).end(message);
    }
    const call = method.requestStream
      ? client.makeBidiStreamRequest(path, asIs, asIs, options)
      : client.makeServerStreamRequest(path, asIs, asIs, message, options);
    call.on('error', answered).on('end', () => {
      resolve(0);
    });
    call.resume();
    if (call instanceof Writable) call.end(message);
    return call;
  });
}
