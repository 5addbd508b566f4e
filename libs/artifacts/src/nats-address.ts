import { SipfError } from '@sipf/errors';
import { credsAuthenticator, type ConnectionOptions } from 'nats';
import { readFileSync } from 'node:fs';

/** The address of NATS and the client's credentials. */
export interface NatsAddress {
  /** For the client: addresses without credentials, and the credentials; it reads no others. */
  readonly options: Pick<ConnectionOptions, 'servers' | 'user' | 'pass' | 'token' | 'authenticator'>;
  /** The addresses for people, without credentials. */
  readonly shown: string;
}

type Credentials = Omit<NatsAddress['options'], 'servers'>;

/**
 * Reads the address of one or more NATS servers, comma separated: `nats://[USER:PASSWORD@ or TOKEN@]HOST:PORT`, percent-encoded
 * where a sign has a meaning in addresses. Where it has no credentials they come from the environment, as NATS' own tools take
 * them: `NATS_CREDS` (a .creds file), else `NATS_USER` with `NATS_PASSWORD`, else `NATS_TOKEN`.
 * @throws SipfError invalid-argument SETTINGS_INVALID for what is no such address, servers with different credentials, or a
 * file that cannot be read; never with a password
 */
export function parseNatsAddress(
  text: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): NatsAddress {
  const urls = text.split(',').map((one) => parseUrl(one.trim()));
  const servers = urls.map((url) => `${url.protocol}//${url.host}`);
  const inUrls = new Set(urls.map((url) => JSON.stringify(inUrl(url) ?? {})));
  if (inUrls.size > 1) throw invalid('its servers have different credentials; give them the same');
  const [url] = urls;
  const credentials = (url && inUrl(url)) ?? inEnvironment(env);
  return { options: { servers, ...credentials }, shown: servers.join(',') };
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

function inEnvironment({
  NATS_CREDS,
  NATS_USER,
  NATS_PASSWORD,
  NATS_TOKEN,
}: Readonly<Record<string, string | undefined>>): Credentials {
  if (NATS_CREDS) return { authenticator: credsAuthenticator(readCreds(NATS_CREDS)) };
  if (NATS_USER) return { user: NATS_USER, pass: NATS_PASSWORD ?? '' };
  return NATS_TOKEN ? { token: NATS_TOKEN } : {};
}

function readCreds(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw invalid(
      `the file that NATS_CREDS names cannot be read (${(cause as NodeJS.ErrnoException).code ?? ''})`,
      cause,
    );
  }
}

function invalid(description: string, cause?: unknown): SipfError {
  return new SipfError('invalid-argument', `the address of NATS: ${description}`, {
    reason: 'SETTINGS_INVALID',
    violations: [{ field: 'nats-url', description }],
    cause,
  });
}
