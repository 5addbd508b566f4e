import { urlsOf, type EnginesConfig, type RunConfig } from '@sipf/contracts';
import type { Cluster } from '../forecast/cluster.ts';
import type { PlacedService } from '../forecast/placement.ts';
import { enginesOf } from '../forecast/services.ts';
import { UNKNOWN, vllmCommand, type StartedModel, type VllmCommand, type VllmNeed } from './vllm-command.ts';

/** A part of a run's work that servers do. */
type ServedPart = 'policy' | 'simulator' | 'verifier';
type Server = Exclude<EnginesConfig['policy' | 'verifier'], { readonly kind: 'engine' }>;

/** How the servers behind some URLs must be started for a run. */
export interface VllmStart extends VllmCommand {
  /** What they do in the run: those that write may be the same for policy and simulator. */
  readonly parts: readonly ServedPart[];
  readonly urls: readonly string[];
  /** How many the plan has. */
  readonly replicas: number;
  /** The program that starts them, and gives folder and digest. */
  readonly hook?: string | undefined;
}

/** What the starts of a run's servers depend on. */
export interface StartsOf {
  readonly config: RunConfig;
  /** As a forecast has placed them. */
  readonly services: readonly PlacedService[];
  readonly cluster: Pick<Cluster, 'gpuMemory'>;
  /** Of model folders, by their path; those that are not here are not known. */
  readonly digests: Readonly<Record<string, string>>;
}

/** The folder of the model that servers of a part start with; undefined for one that the run makes. */
export function servedFolder(part: ServedPart, { policy, simulator }: RunConfig): string | undefined {
  if (part === 'verifier') return undefined;
  return part === 'policy' || simulator?.model === 'policy' ? policy.model : simulator?.model;
}

/** Whether adapters that a run trains go to the servers of a part. */
export function isAdapted(part: ServedPart, { policy, simulator }: RunConfig): boolean {
  const isLearner = part === 'policy' || (part === 'simulator' && simulator?.model === 'policy');
  return isLearner && policy.lora !== undefined;
}

/** How servers get the adapters of a run: several find them by themselves, one is asked to load them. */
export function adapterWay(server: Server): 'folder' | 'digest' | 'resolver' {
  const urls = urlsOf(server);
  const areSeveral = urls.length > 1 || urls.some((url) => url.startsWith('dns:'));
  return ('adapter' in server ? server.adapter : undefined) ?? (areSeveral ? 'resolver' : 'folder');
}

/** How every vLLM of a run must be started; a plan, a cluster's manifests and the suites' own servers go by it. */
export function vllmStarts(of: StartsOf): VllmStart[] {
  const engines = enginesOf(of);
  const found = of.services.flatMap((service) => {
    const { part } = service;
    if (part === 'trainer') return [];
    const server = engines[part];
    if (server.kind !== 'vllm' && server.kind !== 'pooling') return [];
    const own = { part, server, service };
    return [{ ...own, need: needOf(own, of) }];
  });
  const groups = Map.groupBy(found, ({ server, need }) =>
    JSON.stringify([urlsOf(server), need.runner, need.model ?? null, server.hook ?? null]),
  );
  return [...groups.values()].map((group) => startOf(group));
}

interface Found {
  readonly part: ServedPart;
  readonly server: Server;
  readonly service: PlacedService;
  readonly need: VllmNeed;
}

/** Of the parts that share servers: these must be able to do what each of them needs. */
function startOf(group: readonly Found[]): VllmStart {
  const needs = group.map(({ need }) => need);
  const [{ server, need: first }] = group as [Found];
  const most = (of: 'maxModelLen' | 'rank'): number => Math.max(...needs.map((need) => need[of] ?? 0));
  const isBounded = needs.every(({ maxModelLen }) => maxModelLen !== undefined);
  const need = {
    ...{ ...first, rank: most('rank'), maxModelLen: isBounded ? most('maxModelLen') : undefined },
    resolves: needs.some(({ resolves }) => resolves),
    reloads: needs.some(({ reloads }) => reloads),
  };
  return {
    ...vllmCommand(need),
    parts: group.map(({ part }) => part),
    urls: urlsOf(server),
    replicas: Math.max(...group.map(({ service }) => service.replicas)),
    hook: server.hook,
  };
}

function needOf(
  { part, server, service }: Omit<Found, 'need'>,
  { config, cluster, digests }: StartsOf,
): VllmNeed {
  const rank = isAdapted(part, config) ? (config.policy.lora?.rank ?? 0) : 0;
  return {
    runner: server.kind === 'pooling' ? 'pooling' : 'generate',
    model: server.hook === undefined ? modelOf(part, server, { config, digests }) : undefined,
    port: portOf(server),
    dtype: service.dtype,
    // The length of texts of the bundled tasks is not known in tokens of a model that the run makes, which is small.
    maxModelLen: config.policy.initial === undefined ? service.load?.tokens : undefined,
    rank,
    resolves: rank > 0 && adapterWay(server) === 'resolver',
    reloads: server.kind === 'vllm' && server.weights === 'reload',
    gpuShare:
      service.isAlone || service.gpus === 0
        ? undefined
        : Math.floor((100 * service.room) / cluster.gpuMemory) / 100,
  };
}

function modelOf(
  part: ServedPart,
  server: Server,
  { config, digests }: Pick<StartsOf, 'config' | 'digests'>,
): StartedModel | undefined {
  const folder = servedFolder(part, config);
  if (folder === undefined) return undefined;
  const name = 'model' in server ? server.model : undefined;
  return { folder, digest: digests[folder] ?? UNKNOWN.digest, name };
}

/** Where all of them listen at one. */
function portOf(server: Server): number | undefined {
  const ports = new Set(urlsOf(server).map((url) => new URL(url.replace(/^dns:\/\/\//, 'http://')).port));
  const [port] = ports;
  return ports.size === 1 && port !== undefined && port !== '' ? Number(port) : undefined;
}
