import { ServerCredentials } from '@grpc/grpc-js';
import { SipfError } from '@sipf/errors';
import { ChannelCredentials } from 'nice-grpc';
import { readSecretFile } from '../auth/read-secret-file.ts';

/** Files (PEM) by which a server proves its identity and checks clients. */
export interface ServerTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Authorities of the clients' certificates. */
  readonly caFile?: string | undefined;
  /** Mutual TLS: refuse clients without a certificate of `caFile`. @default false */
  readonly requireClientCert?: boolean;
}

/** Files (PEM) by which a client checks the server, and proves its own identity on request. */
export interface ClientTls {
  /** Authorities of the server's certificate; the system's where absent. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Name to expect in the server's certificate where it is not the address's host. */
  readonly serverName?: string | undefined;
}

/** @throws SipfError `failed-precondition` for an unreadable file, or mutual TLS without `caFile`. */
export function serverCredentials(tls: ServerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { certFile, keyFile, caFile, requireClientCert = false } = tls;
  if (requireClientCert && caFile === undefined) {
    throw new SipfError(
      'failed-precondition',
      'requiring client certificates needs caFile, the authority they are checked by',
      {
        reason: 'TLS_INVALID',
      },
    );
  }
  const pair = { private_key: readPem(keyFile), cert_chain: readPem(certFile) };
  return ServerCredentials.createSsl(
    caFile === undefined ? null : readPem(caFile),
    [pair],
    requireClientCert,
  );
}

/** @throws SipfError `failed-precondition` for an unreadable file. */
export function channelCredentials(tls: ClientTls | undefined): ChannelCredentials {
  if (tls === undefined) return ChannelCredentials.createInsecure();
  const read = (file: string | undefined): Buffer | null => (file === undefined ? null : readPem(file));
  return ChannelCredentials.createSsl(read(tls.caFile), read(tls.keyFile), read(tls.certFile));
}

function readPem(file: string): Buffer {
  return readSecretFile(file, 'TLS_INVALID');
}
