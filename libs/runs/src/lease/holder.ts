import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { identityOf, isAlive, isStopped, processIdentity } from '../folder/process-identity.ts';

/** Who holds a lease, for other processes of the same host and of others. */
export const holder = processIdentity.unwrap().extend({
  /** For people. */
  host: z.string(),
  /** Where its process number means it: one boot of one host, and one namespace of processes. */
  place: z.string(),
  /** ISO 8601, by its own clock; for people. */
  since: z.iso.datetime(),
});
export type Holder = Readonly<z.infer<typeof holder>>;

/** This process. @param now milliseconds since 1970 */
export function thisHolder(now: number): Holder {
  return {
    ...identityOf(process.pid),
    host: hostname(),
    place: placeHere(),
    since: new Date(now).toISOString(),
  };
}

/** E.g. `process 41 on node-3, since 2026-01-01T00:00:00.000Z`. */
export function describeHolder({ pid, host, since }: Holder): string {
  return `process ${pid} on ${host}, since ${since}`;
}

/** What can be known of a holder at once; one elsewhere, or one that is stopped, is only known by its heartbeats. */
export function fateOf(one: Holder): 'alive' | 'dead' | 'unknown' {
  if (one.place !== placeHere()) return 'unknown';
  if (!isAlive(one)) return 'dead';
  return isStopped(one.pid) ? 'unknown' : 'alive';
}

/** Containers of one host share its boot, and may have namespaces of processes of their own. */
export function placeHere(): string {
  place ??= `${bootHere()} ${attempt(() => readlinkSync('/proc/self/ns/pid'))}`.trim();
  return place;
}

let place: string | undefined;

/** A host without /proc has no namespaces of processes either, and no word for its boot. */
function bootHere(): string {
  return attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) || hostname();
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
