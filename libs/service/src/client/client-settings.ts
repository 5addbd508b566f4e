import { z } from 'zod';
import { clientSecurity, type ClientSecurity } from './client-security.ts';

const tls = z.boolean().default(false);
const file = z.string().meta({ value: 'file' }).optional();

type FileKey<Peer extends string> = `${Peer}${'CaFile' | 'CertFile' | 'KeyFile' | 'TokenFile'}`;

/** Settings for calling one other server safely, each named after the server. */
export type ClientShape<Peer extends string> = Record<`${Peer}Tls`, typeof tls> &
  Record<FileKey<Peer>, typeof file>;

/** The parsed form of {@link ClientShape}. */
export type ClientSettings<Peer extends string> = Readonly<
  Record<`${Peer}Tls`, boolean> & Partial<Record<FileKey<Peer>, string | undefined>>
>;

/**
 * The settings of {@link ClientShape}; spread them into a program's own.
 * @param peer the prefix of the settings' names, e.g. `verification`
 * @param who the server for people, e.g. `the verification service`
 */
export function clientShape<Peer extends string>(peer: Peer, who: string): ClientShape<Peer> {
  return {
    [`${peer}Tls`]: tls.describe(`Call ${who} over TLS; with a certificate and its key, mutual.`),
    [`${peer}CaFile`]: file.describe(`Authority of the certificates of ${who} (PEM).`),
    [`${peer}CertFile`]: file.describe(`The certificate to show ${who} (PEM).`),
    [`${peer}KeyFile`]: file.describe("That certificate's private key (PEM)."),
    [`${peer}TokenFile`]: file.describe(`File whose first line is the bearer token to send ${who}.`),
  } as unknown as ClientShape<Peer>;
}

/** The security in the settings of {@link clientShape}. */
export function securityOf<Peer extends string>(settings: ClientSettings<Peer>, peer: Peer): ClientSecurity {
  // TypeScript does not resolve a key built from a type parameter.
  const [flags, files] = [
    settings as Record<string, boolean>,
    settings as Record<string, string | undefined>,
  ];
  return clientSecurity({
    isTls: flags[`${peer}Tls`] === true,
    caFile: files[`${peer}CaFile`],
    certFile: files[`${peer}CertFile`],
    keyFile: files[`${peer}KeyFile`],
    tokenFile: files[`${peer}TokenFile`],
  });
}
