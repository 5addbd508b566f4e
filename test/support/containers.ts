import { plainEnvironment, type CertificateFolder } from '@sipf/service/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseAllDocuments } from 'yaml';
import { root } from '../run/step.ts';
import type { ImageFolder } from './image.ts';

/** The container of one service in a rendered manifest. */
export interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

interface Manifest {
  readonly kind: string;
  readonly spec?: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } };
}

/** The services' containers by name, from `deploy/kubernetes/manifests`. */
export function renderedContainers(): ReadonlyMap<string, Container> {
  const folder = join(root, 'deploy/kubernetes/manifests');
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const manifests = texts.flatMap((text) => parseAllDocuments(text).map((part) => part.toJS() as Manifest));
  const containers = manifests.flatMap(({ spec }) => spec?.template?.spec.containers ?? []);
  return new Map(containers.filter(({ args }) => args[0] === 'serve').map((one) => [one.name, one]));
}

/** A container's command as a process of this machine. */
export interface RunningContainer {
  readonly name: string;
  readonly child: ChildProcess;
  /** `localhost:port`, as the certificates name it. */
  readonly address: string;
  readonly metricsUrl: string;
  log(): string;
  /** Stops it, as a cluster does. @returns its exit status */
  stop(): Promise<number | null>;
}

/** Paths and addresses of the cluster, and their replacements here; the first match is replaced. */
export type Substitutions = readonly (readonly [string | RegExp, string])[];

/** Starts the container's own arguments and environment from the image's folder. @throws Error with its log when it ends early */
export async function startContainer(
  { folder, entrypoint }: ImageFolder,
  { name, args, env }: Container,
  substitutions: Substitutions,
): Promise<RunningContainer> {
  const put = (text: string): string =>
    substitutions.reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
  const [, ...program] = entrypoint;
  const variables = Object.fromEntries(env.map((one) => [one.name, put(one.value)]));
  const child = spawn(process.execPath, [...program, ...args.map(put)], {
    cwd: folder,
    env: { ...plainEnvironment, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  const ended = once(child, 'close').then(([status]) => status as number | null);
  const line = await Promise.race([firstLine(child), ended]);
  if (typeof line !== 'string') throw new Error(`${name} ended with ${String(line)}: ${lines.join('')}`);
  const { address, metrics } = JSON.parse(line) as { address: string; metrics: string };
  const stop = (): Promise<number | null> => {
    child.kill('SIGTERM');
    return ended;
  };
  return {
    name,
    child,
    address: address.replace('0.0.0.0', 'localhost'),
    metricsUrl: `http://${metrics}`,
    log: () => lines.join(''),
    stop,
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    if (child.stdout !== null) createInterface(child.stdout).once('line', resolve);
  });
}

/** The secret that the manifests mount: one certificate for serving and calling. */
export function layOutSecret(folder: string, { caFile, server }: CertificateFolder): string {
  mkdirSync(folder, { recursive: true });
  cpSync(caFile, join(folder, 'ca.crt'));
  cpSync(server.certFile, join(folder, 'tls.crt'));
  cpSync(server.keyFile, join(folder, 'tls.key'));
  return folder;
}
