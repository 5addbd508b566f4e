/**
 * Loaded by `--import` before a service's own modules: names stand for the addresses that a file gives them at the time, as in a
 * cluster whose replicas come and go.
 */
import dns, { type LookupAddress } from 'node:dns';
import { readFileSync } from 'node:fs';
import { NAMES_VARIABLE } from './names-variable.ts';

type Lookup = (host: string, ...rest: unknown[]) => Promise<unknown>;
const { lookup } = dns.promises as { lookup: Lookup };

function addressesOf(host: string): LookupAddress[] | undefined {
  const names = JSON.parse(readFileSync(process.env[NAMES_VARIABLE] ?? '', 'utf8')) as Record<
    string,
    string[]
  >;
  return names[host]?.map((address) => ({ address, family: 4 }));
}

Object.assign(dns.promises, {
  lookup: async (host: string, ...rest: unknown[]) => addressesOf(host) ?? (await lookup(host, ...rest)),
});
