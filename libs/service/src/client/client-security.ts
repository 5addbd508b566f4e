import type { ClientTls } from '../server/tls.ts';

/** How a client proves who it is, and whom it talks to. */
export interface ClientSecurity {
  /** TLS, mutual where a certificate is given; clear text where absent. */
  readonly tls?: ClientTls | undefined;
  /**
   * File whose first line is the bearer token to send; read again when it changes. Never sent in clear text beyond this
   * machine.
   */
  readonly tokenFile?: string | undefined;
}

/** The security that a program's settings for one server ask for. */
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
