import { address, clientSecurity, flagOf, text, type ClientSecurity } from '@sipf/service';
import { usageError } from '../usage-error.ts';
import type { FlagsOf } from './define-command.ts';

const pem = text('file').optional();

/** Flags that say how a server is called safely. */
export const tlsShape = {
  caFile: pem.describe('TLS: certificates (PEM) of the authority that the server is checked by'),
  certFile: pem.describe('mutual TLS: own certificate (PEM)'),
  keyFile: pem.describe("mutual TLS: own certificate's key (PEM)"),
} as const;

/** Whether the flags ask for TLS. @throws SipfError `invalid-argument` for half of what mutual TLS needs */
export function isTlsWanted({ caFile, certFile, keyFile }: FlagsOf<typeof tlsShape>): boolean {
  if ((certFile === undefined) === (keyFile === undefined))
    return caFile !== undefined || certFile !== undefined;
  throw usageError('--cert-file and --key-file: are needed together, for mutual TLS');
}

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

/** The server that the flags name. @throws SipfError `invalid-argument` for flags that would not be used */
export function remoteServer(flags: FlagsOf<ReturnType<typeof serverShape>>): RemoteServer | undefined {
  const { server, caFile, certFile, keyFile, tokenFile } = flags;
  const given = Object.entries({ caFile, certFile, keyFile, tokenFile }).filter(
    ([, file]) => file !== undefined,
  );
  if (server === undefined) {
    const [first] = given;
    if (first !== undefined) throw usageError(`${flagOf(first[0])}: is for a server, needs --server`);
    return undefined;
  }
  const isTls = isTlsWanted(flags);
  return { address: server, security: clientSecurity({ isTls, caFile, certFile, keyFile, tokenFile }) };
}
