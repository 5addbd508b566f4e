import { z } from 'zod';
import { flagOf, wrongSettings } from '../process/parse-settings.ts';
import { clientSecurity, type ClientSecurity } from './client-security.ts';

const tls = z.boolean().default(false);
const file = z.string().meta({ value: 'file' }).optional();

const TLS_FILES = ['CaFile', 'CertFile', 'KeyFile'];

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

/**
 * The security in the settings of {@link clientShape}.
 * @throws SipfError SETTINGS_INVALID for files of TLS where calls would go in clear text
 */
export function securityOf<Peer extends string>(settings: ClientSettings<Peer>, peer: Peer): ClientSecurity {
  // TypeScript does not resolve a key built from a type parameter.
  const [flags, files] = [
    settings as Record<string, boolean>,
    settings as Record<string, string | undefined>,
  ];
  const isTls = flags[`${peer}Tls`] === true;
  const unused = TLS_FILES.map((name) => `${peer}${name}`).filter((key) => files[key] !== undefined);
  if (!isTls && unused.length > 0) {
    const description = `is for TLS: needs ${flagOf(`${peer}Tls`)}, without which calls go in clear text`;
    throw wrongSettings(unused.map((key) => ({ field: flagOf(key), description })));
  }
  return clientSecurity({
    isTls,
    caFile: files[`${peer}CaFile`],
    certFile: files[`${peer}CertFile`],
    keyFile: files[`${peer}KeyFile`],
    tokenFile: files[`${peer}TokenFile`],
  });
}
