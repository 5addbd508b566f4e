import { address, clientSecurity, text, type ClientSecurity } from '@sipf/service';
import type { FlagsOf } from './define-command.ts';

const pem = text('file').optional();

/** Flags that say how a server is called safely. */
export const tlsShape = {
  caFile: pem.describe('TLS: certificates (PEM) of the authority that the server is checked by'),
  certFile: pem.describe('mutual TLS: own certificate (PEM)'),
  keyFile: pem.describe("mutual TLS: own certificate's key (PEM)"),
} as const;

/** Flags of every command that can talk to a service which runs already. */
export function serverShape(service: string) {
  return {
    server: address.optional().describe(`use the ${service} service that runs there instead of starting one`),
    ...tlsShape,
    tokenFile: text('file').optional().describe('file whose first line is the bearer token to send'),
  } as const;
}

/** A service to talk to; absent where the command starts its own. */
export interface RemoteServer {
  readonly address: string;
  readonly security: ClientSecurity;
}

/** The server that the flags name. */
export function remoteServer(flags: FlagsOf<ReturnType<typeof serverShape>>): RemoteServer | undefined {
  const { server, caFile, certFile, keyFile, tokenFile } = flags;
  if (server === undefined) return undefined;
  const isTls = caFile !== undefined || certFile !== undefined;
  return { address: server, security: clientSecurity({ isTls, caFile, certFile, keyFile, tokenFile }) };
}
