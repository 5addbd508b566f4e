import { SipfError } from '@sipf/errors';

/** A host and a port; port 0 asks the system for a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`, with IPv6 hosts in brackets.
 * @throws SipfError `invalid-argument` naming what was given.
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
 * Refuses to listen to the network in clear text by accident.
 * @throws SipfError `failed-precondition` for a host beyond this machine without TLS and without `allowInsecure`.
 */
export function assertSafeToListen(host: string, security: { tls: boolean; allowInsecure: boolean }): void {
  if (security.tls || security.allowInsecure || isLoopback(host)) return;
  throw new SipfError(
    'failed-precondition',
    `refusing to listen on ${host} without TLS: set a certificate and key, or allow insecure listening explicitly`,
    { reason: 'INSECURE_ADDRESS' },
  );
}

/** Makes a typed error of a failed bind: a port in use, an address that is not of this machine. */
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
