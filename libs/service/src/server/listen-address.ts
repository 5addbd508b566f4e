import { SipfError } from '@sipf/errors';
import type { ServiceSettings } from './service-settings.ts';

/** A host and a port; port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`, with IPv6 hosts in brackets.
 * @throws SipfError `invalid-argument` naming the value.
 */
export function parseAddress(address: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    throw new SipfError('invalid-argument', `"${address}" is not host:port, e.g. 127.0.0.1:0 or [::1]:9090`, {
      reason: 'INVALID_FIELD',
      violations: [{ field: 'address', description: 'must be host:port' }],
    });
  }
  return { host, port };
}

/** The inverse of {@link parseAddress}. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only programs of this machine can reach the host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Prevents listening to the network in clear text, or to unidentified callers, by accident.
 * @throws SipfError `failed-precondition` for a host beyond this machine without TLS, or without tokens and clients'
 * certificates, unless `allowInsecure`.
 */
export function assertSafeToListen(
  host: string,
  { tls, tokensFile, allowInsecure }: Pick<ServiceSettings, 'tls' | 'tokensFile' | 'allowInsecure'>,
): void {
  if (allowInsecure || isLoopback(host)) return;
  if (tls === undefined) throw unsafe(host, 'TLS: give --tls-cert-file and --tls-key-file');
  if (tokensFile !== undefined || tls.requireClientCert === true) return;
  throw unsafe(host, 'knowing its callers: give --tokens-file, or --tls-require-client-cert');
}

function unsafe(host: string, lack: string): SipfError {
  const message = `refusing to listen on ${host} without ${lack}, or --allow-insecure where only trusted programs reach it`;
  return new SipfError('failed-precondition', message, { reason: 'INSECURE_ADDRESS' });
}

/** The typed error of a failed bind: a port in use, an address of another machine. */
export function listenError(address: string): (cause: unknown) => never {
  return (cause) => {
    if (cause instanceof SipfError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SipfError('unavailable', `cannot listen on ${address}: ${why}`, {
      reason: 'ADDRESS_UNAVAILABLE',
      cause,
    });
  };
}
