import type { ClientTls } from '../server/tls.ts';

/** How a client authenticates itself and the server. */
export interface ClientSecurity {
  /** TLS, mutual with a certificate; clear text where absent. */
  readonly tls?: ClientTls | undefined;
  /**
   * File whose first line is the bearer token to send; reread when it changes. Never sent in clear text beyond this machine.
   */
  readonly tokenFile?: string | undefined;
}

/** The security in a program's settings for one server. */
export function clientSecurity({
  isTls,
  tokenFile,
  ...files
}: Pick<ClientTls, 'caFile' | 'certFile' | 'keyFile'> & {
  readonly isTls: boolean;
  readonly tokenFile: string | undefined;
}): ClientSecurity {
  return { tls: isTls ? files : undefined, tokenFile };
}
