import { promises as dns } from 'node:dns';
import { isLoopback, parseAddress } from '../server/listen-address.ts';

/** Whether a client uses every server behind an address, and not one: `dns:///name:port`, `ipv4:a:port,b:port`. */
export function isManyServers(address: string): boolean {
  return /^(dns|ipv4|ipv6):/.test(address);
}

/** How many servers an address names itself; 1 for a name, which may stand for more. */
export function serversIn(address: string): number {
  return isManyServers(address) ? address.split(',').length : 1;
}

/** Asks who stands behind a name of many servers now; undefined for addresses that stay as they are. */
export function addressesBehind(address: string): (() => Promise<readonly string[]>) | undefined {
  const name = /^dns:(?:\/\/[^/]*\/)?(.+):\d+$/.exec(address)?.[1];
  if (name === undefined) return undefined;
  return async () => (await dns.lookup(name, { all: true })).map((found) => found.address);
}

/** Whether what is sent to the address stays on this machine. */
export function isLoopbackTarget(address: string): boolean {
  return !isManyServers(address) && isLoopback(parseAddress(address).host);
}

/** Whether a client can call it: `host:port` with a port that is one, or many servers, each with a port. */
export function isServerTarget(address: string): boolean {
  if (isManyServers(address)) return /^(?:dns:(?:\/\/[^/\s]*\/)?|ipv[46]:)[^\s/]+:\d{1,5}$/.test(address);
  try {
    return parseAddress(address).port > 0;
  } catch {
    return false;
  }
}
