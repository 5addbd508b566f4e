import { FolderArtifactStore } from '@sipf/artifacts';
import type { NatsServer } from '@sipf/events';
import { makeCertificates } from '@sipf/service/testing';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layOutSecret, renderedContainers, startContainer, type RunningContainer } from './containers.ts';
import { layOutImage, type ImageFolder } from './image.ts';
import { answering, randomVerifier, temporaryFolder, writeModel } from './models.ts';
import { startNats } from './nats.ts';

/** The order of start: services before those that call them. */
const ORDER = [
  ['generation', 'verification', 'execution', 'training'],
  ['simulation', 'gateway'],
  ['orchestration'],
  ['dashboard'],
] as const;
export type DeployedName = (typeof ORDER)[number][number];

/** Every container of the rendered manifests, as processes of this machine with mutual TLS between them. */
export interface DeployedSystem {
  readonly image: ImageFolder;
  readonly services: ReadonlyMap<DeployedName, RunningContainer>;
  /** The client's side of the manifests' secret. */
  readonly tls: { readonly caFile: string; readonly certFile: string; readonly keyFile: string };
  /** The token of a caller of the gateway. */
  readonly token: string;
  /** The login token of the dashboard. */
  readonly pageToken: string;
  /** Digests in the shared artifact store. */
  readonly models: { readonly policy: string; readonly verifier: string };
  stop(): Promise<void>;
}

/** Starts all of it; the caller stops it. */
export async function startDeployedSystem(): Promise<DeployedSystem> {
  const folder = temporaryFolder();
  const certificates = makeCertificates();
  const pathOf = (name: string): string => join(folder.path, name);
  const image = layOutImage(pathOf('image'));
  const secret = layOutSecret(pathOf('tls'), certificates);
  for (const name of ['artifacts', 'runs', 'state', 'tokens', 'token']) mkdirSync(pathOf(name));
  const pageToken = randomUUID();
  writeFileSync(join(pathOf('token'), 'token'), `${pageToken}\n`);
  const token = createToken(image, pathOf('tokens'));
  const models = await storeModels(pathOf('artifacts'), folder.path);
  const nats = await startNats(pathOf('nats'));
  const services = new Map<DeployedName, RunningContainer>();
  const stop = async (): Promise<void> => {
    await Promise.all([...services.values()].map((service) => service.stop()));
    await nats.stop();
    certificates.remove();
    folder.remove();
  };
  try {
    await startAll(services, { image, pathOf, nats });
  } catch (error) {
    await stop();
    throw error;
  }
  const file = (name: string): string => join(secret, name);
  const tls = { caFile: file('ca.crt'), certFile: file('tls.crt'), keyFile: file('tls.key') };
  return { image, services, tls, token, pageToken, models, stop };
}

async function startAll(
  services: Map<DeployedName, RunningContainer>,
  {
    image,
    pathOf,
    nats,
  }: { readonly image: ImageFolder; readonly pathOf: (name: string) => string; readonly nats: NatsServer },
): Promise<void> {
  const containers = renderedContainers();
  const folders = ['tls', 'tokens', 'token', 'artifacts', 'runs', 'state'].map(
    (path) => [new RegExp(`(?<==)/${path}(?=/|$)`, 'g'), pathOf(path)] as const,
  );
  const own = [
    // Beyond this machine, as in a cluster, where an unprotected service refuses to listen.
    ['0.0.0.0:9000', '0.0.0.0:0'],
    ['0.0.0.0:9090', '127.0.0.1:0'],
    ['nats://sipf-nats:4222', nats.url],
  ] as const;
  const start = async (name: DeployedName): Promise<void> => {
    const container = containers.get(name);
    if (container === undefined) throw new RangeError(`the manifests have no ${name}`);
    const peers = [...services].map(([peer, { address }]) => [`dns:///sipf-${peer}:9000`, address] as const);
    services.set(name, await startContainer(image, container, [...peers, ...folders, ...own]));
  };
  for (const group of ORDER) await Promise.all(group.map(start));
}

/** Creates the gateway's secret by the image's own command line. @returns a caller's token */
function createToken({ folder, entrypoint }: ImageFolder, tokensFolder: string): string {
  const [, ...program] = entrypoint;
  const out = join(tokensFolder, 'caller');
  const who = ['--name', 'caller', '--scope', 'verification:*'];
  const files = ['--tokens-file', join(tokensFolder, 'tokens'), '--out', out];
  execFileSync(process.execPath, [...program, 'token', 'create', ...who, ...files], { cwd: folder });
  return readFileSync(out, 'utf8').trim();
}

async function storeModels(store: string, folder: string): Promise<DeployedSystem['models']> {
  const artifacts = new FolderArtifactStore(store);
  const put = async (name: string, model: Parameters<typeof writeModel>[2]): Promise<string> =>
    (await artifacts.putFolder(await writeModel(folder, name, model))).digest;
  return {
    policy: await put('policy', answering()),
    verifier: await put('verifier', randomVerifier('deployed')),
  };
}
