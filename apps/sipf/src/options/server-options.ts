import { clientSecurity, type ClientSecurity } from '@sipf/service';
import type { Command } from 'commander';
import { z } from 'zod';
import { address } from './fields.ts';

/** Flags of every command that can talk to a service which runs already. */
export const serverShape = {
  server: address.optional(),
  caFile: z.string().optional(),
  certFile: z.string().optional(),
  keyFile: z.string().optional(),
  tokenFile: z.string().optional(),
} as const;

/** A service to talk to; absent where the command starts its own. */
export interface RemoteServer {
  readonly address: string;
  readonly security: ClientSecurity;
}

export function addServerOptions(command: Command, service: string): Command {
  return command
    .option('--server <host:port>', `use the ${service} service that runs there instead of starting one`)
    .option('--ca-file <file>', 'TLS: certificates (PEM) of the authority that the server is checked by')
    .option('--cert-file <file>', 'mutual TLS: own certificate (PEM)')
    .option('--key-file <file>', "mutual TLS: own certificate's key (PEM)")
    .option('--token-file <file>', 'file whose first line is the bearer token to send');
}

/** The server that the flags name. */
export function remoteServer(flags: z.infer<z.ZodObject<typeof serverShape>>): RemoteServer | undefined {
  const { server, caFile, certFile, keyFile, tokenFile } = flags;
  if (server === undefined) return undefined;
  const isTls = caFile !== undefined || certFile !== undefined;
  return { address: server, security: clientSecurity({ isTls, caFile, certFile, keyFile, tokenFile }) };
}
