import { SipfError } from '@sipf/errors';
import { credsAuthenticator, nkeyAuthenticator, type ConnectionOptions } from 'nats';
import { readFileSync } from 'node:fs';
import type { NATS_FILES, NATS_VARIABLES } from './nats-variables.ts';

/** The address of NATS, the client's credentials, and how it encrypts. */
export interface NatsAddress {
  /** For the client: addresses without credentials, the credentials and certificates; it reads no others. */
  readonly options: Pick<ConnectionOptions, 'servers' | 'user' | 'pass' | 'token' | 'authenticator' | 'tls'>;
  /** The addresses for people, without credentials. */
  readonly shown: string;
}

type Credentials = Omit<NatsAddress['options'], 'servers' | 'tls'>;
type Environment = Readonly<Partial<Record<(typeof NATS_VARIABLES)[number], string | undefined>>>;
type FileVariable = (typeof NATS_FILES)[number];

/**
 * Reads the address of one or more NATS servers, comma separated: `nats://[USER:PASSWORD@ or TOKEN@]HOST:PORT`, percent-encoded
 * where a sign has a meaning in addresses. Where it has no credentials they come from the environment, as NATS' own tools take
 * them: `NATS_CREDS` (a .creds file), else `NATS_NKEY` (a file with a seed), else `NATS_USER` with `NATS_PASSWORD`, else
 * `NATS_TOKEN`.
 *
 * With `tls://`, or with one of `NATS_CA`, `NATS_CERT` and `NATS_KEY` (files of PEM: who signed the server's certificate, and the
 * client's own), a server without TLS is not talked to.
 * @throws SipfError invalid-argument SETTINGS_INVALID for what is no such address, servers with different credentials, half of
 * a certificate, or a file that cannot be read; never with a password
 */
export function parseNatsAddress(text: string, env: Environment = process.env): NatsAddress {
  const urls = text.split(',').map((one) => parseUrl(one.trim()));
  const servers = urls.map((url) => `${url.protocol}//${url.host}`);
  const inUrls = new Set(urls.map((url) => JSON.stringify(inUrl(url) ?? {})));
  if (inUrls.size > 1) throw invalid('its servers have different credentials; give them the same');
  const [url] = urls;
  const credentials = (url && inUrl(url)) ?? inEnvironment(env);
  const tls = tlsOf(
    env,
    urls.some(({ protocol }) => protocol === 'tls:'),
  );
  return { options: { servers, ...credentials, ...tls }, shown: servers.join(',') };
}

function parseUrl(text: string): URL {
  const whole = text.includes('://') ? text : `nats://${text}`;
  if (!URL.canParse(whole)) throw invalid('it is not an address');
  const url = new URL(whole);
  if (!['nats:', 'tls:'].includes(url.protocol)) throw invalid('it begins with none of nats:// and tls://');
  if (url.host === '') throw invalid('it names no host');
  return url;
}

function inUrl({ username, password }: URL): Credentials | undefined {
  if (username === '' && password === '') return undefined;
  try {
    const user = decodeURIComponent(username);
    return password === '' ? { token: user } : { user, pass: decodeURIComponent(password) };
  } catch (cause) {
    throw invalid('its credentials are not percent-encoded: % is %25, @ is %40, : is %3A', cause);
  }
}

function inEnvironment(env: Environment): Credentials {
  const { NATS_CREDS, NATS_NKEY, NATS_USER, NATS_PASSWORD, NATS_TOKEN } = env;
  if (NATS_CREDS) return { authenticator: credsAuthenticator(fileOf('NATS_CREDS', NATS_CREDS)) };
  if (NATS_NKEY) return { authenticator: authenticatorOf(fileOf('NATS_NKEY', NATS_NKEY)) };
  if (NATS_USER) return { user: NATS_USER, pass: NATS_PASSWORD ?? '' };
  return NATS_TOKEN ? { token: NATS_TOKEN } : {};
}

/** A user's seed, as `nk` and `nsc` write it: alone in its file. */
function authenticatorOf(file: Buffer): NonNullable<ConnectionOptions['authenticator']> {
  const seed = file.toString('ascii').trim();
  if (!/^SU[A-Z2-7]{56}$/.test(seed))
    throw invalid('the file that NATS_NKEY names holds no seed of a user (SU…)');
  return nkeyAuthenticator(Buffer.from(seed));
}

function tlsOf(env: Environment, asked: boolean): Pick<NatsAddress['options'], 'tls'> {
  const pem = (name: FileVariable): string | undefined =>
    env[name] ? fileOf(name, env[name]).toString('utf8') : undefined;
  const [ca, cert, key] = [pem('NATS_CA'), pem('NATS_CERT'), pem('NATS_KEY')];
  if ((cert === undefined) !== (key === undefined))
    throw invalid('NATS_CERT and NATS_KEY are a certificate and its key: set both, or none');
  const files = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return asked || Object.keys(files).length > 0 ? { tls: files } : {};
}

function fileOf(name: FileVariable, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw invalid(`the file that ${name} names cannot be read (${code})`, cause);
  }
}

/**
 * A client that could not connect, in a typed error: `unauthenticated` where the server refuses its credentials, which waiting
 * does not mend, else `unavailable`.
 */
export function notConnected(what: string, cause: unknown, reason: string): SipfError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const kind = /authorization|authentication/i.test(why) ? 'unauthenticated' : 'unavailable';
  return new SipfError(kind, `${what}: ${why}`, { reason, cause });
}

function invalid(description: string, cause?: unknown): SipfError {
  return new SipfError('invalid-argument', `the address of NATS: ${description}`, {
    reason: 'SETTINGS_INVALID',
    violations: [{ field: 'nats-url', description }],
    cause,
  });
}
