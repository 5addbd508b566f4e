import { isLoopback, parseAddress } from '../server/listen-address.ts';

/** Whether a client uses every server behind an address, and not one: `dns:///name:port`, `ipv4:a:port,b:port`. */
export function isManyServers(address: string): boolean {
  return /^(dns|ipv4|ipv6):/.test(address);
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
