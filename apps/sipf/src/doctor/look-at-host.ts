import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ROOT } from '../repository.ts';
import type { NatsGreeting } from './judge-host.ts';

const CONNECT_MS = 3000;

/** The version of glibc that this process runs on, undefined on another C library. */
export function glibcVersion(): string | undefined {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime;
}

/** Hashes of what was installed, where our own set-up did it, and of what should be. */
export async function installation(): Promise<{ installed: string | undefined; wanted: string }> {
  const marker = join(ROOT, 'node_modules', '.sipf-installed');
  const lock = await readFile(join(ROOT, 'package-lock.json'));
  return {
    installed: await readFile(marker, 'utf8').catch(() => undefined),
    wanted: createHash('sha256').update(lock).digest('hex'),
  };
}

/** Cores that the control group grants, undefined without a limit. @param file cgroup v2's cpu.max */
export async function cpuQuota(file = '/sys/fs/cgroup/cpu.max'): Promise<number | undefined> {
  const [quota, period] = (await readFile(file, 'utf8').catch(() => '')).trim().split(' ').map(Number);
  return quota === undefined || period === undefined || Number.isNaN(quota) ? undefined : quota / period;
}

/** Files that this process may open, undefined where the system does not say. */
export async function openFilesLimit(file = '/proc/self/limits'): Promise<number | undefined> {
  const limits = await readFile(file, 'utf8').catch(() => '');
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** Reads the line with which a NATS server greets, without becoming a client of it. */
export function natsGreeting(url: string, signal: AbortSignal): Promise<NatsGreeting> {
  const { hostname, port } = new URL(url.includes('://') ? url : `nats://${url}`);
  const { promise, resolve } = Promise.withResolvers<NatsGreeting>();
  const socket = connect({ host: hostname, port: Number(port || '4222'), signal, timeout: CONNECT_MS });
  let text = '';
  socket
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text = `${text}${chunk}`.slice(0, 65_536);
      const greeting = /^INFO (\{.*\})\s*$/m.exec(text)?.[1];
      if (greeting !== undefined) resolve(parseGreeting(greeting));
    })
    .on('timeout', () => {
      resolve({ unreachable: `nothing within ${CONNECT_MS} ms` });
    })
    .on('error', (error: NodeJS.ErrnoException) => {
      resolve({ unreachable: error.code ?? error.message });
    })
    .on('close', () => {
      resolve({ unreachable: 'what answers is not a NATS server' });
    });
  return promise.finally(() => socket.destroy());
}

function parseGreeting(json: string): NatsGreeting {
  const { version = '', jetstream = false } = JSON.parse(json) as { version?: string; jetstream?: boolean };
  return { version, jetstream };
}
