import { openArtifactStore, type ArtifactStore, type OpenedArtifactStore } from '@sipf/artifacts';
import { common } from '@sipf/contracts';
import { checkNatsAddress, joinNatsBus, type EventBus } from '@sipf/events';
import { streamOf, type Logger } from '@sipf/service';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { Gauge, type Registry } from 'prom-client';
import { createAdaptedPool } from './adapted-pool.ts';
import { followNeeds } from './follow-needs.ts';
import { modelDescription, type DescribedModel } from './model-description.ts';
import { createModelFinder, type FoundModel, type ModelFinder } from './model-finder.ts';
import type { ModelLease, ModelPool } from './model-pool.ts';
import { checkDevice, ownEngineOf } from './own-engine.ts';
import { requireAdapterMemory, requireMemory } from './require-memory.ts';
import { createServingMetrics, type ServingMetrics } from './serving-metrics.ts';
import type { ServingSettings } from './serving-settings.ts';

/** What opening a model may look at. */
export interface OpenContext {
  /** The store of `--artifacts`, where there is one. */
  readonly artifacts: ArtifactStore | undefined;
  readonly settings: ServingSettings;
  readonly logger: Logger;
  readonly metrics: ServingMetrics;
}

/** What starting to serve needs of its surroundings. */
export interface ServingOptions {
  readonly settings: ServingSettings;
  readonly logger: Logger;
  readonly version: string;
  /** Folders of models that are held as well as the default one. @default none */
  readonly others?: readonly string[];
  /** The service's, where the metrics of its models go. */
  readonly registry: Registry;
}

/** How a kind of service turns folders into something that answers: a base on threads, and models on that base. */
export interface ServedKind<Host, M> {
  readonly service: 'generation' | 'simulation' | 'verification';
  /** Finds out what computes, as far as that is known before there is a model. @default nothing */
  readonly greet?: () => Promise<void>;
  /**
   * Loads the base of what was found on threads.
   * @throws SipfError where it is known not to be a model of this kind; nothing is left open then
   */
  load(found: FoundModel, context: OpenContext): Promise<Host>;
  /** Ends the threads. */
  unload(host: Host, context: OpenContext): Promise<void>;
  /** The base alone, or with its adapter. @throws SipfError where that is not a model of this kind */
  serve(host: Host, found: FoundModel, context: OpenContext): Promise<M>;
  /** Ends the calls that use the model, and frees its adapter. */
  close(model: M): Promise<void>;
  describe(model: M): DescribedModel;
  /** Breaks off what loading waits for; called first where serving ends. @default nothing */
  readonly stop?: () => void;
  /** What computes, for `Info`, as it is when asked. @default this program on this machine's processors */
  readonly engine?: () => common.Engine;
  /** Bounds that are the engine's, for `Info`. @default none */
  readonly limits?: () => Readonly<Record<string, number>>;
}

/** The models of one service. */
export interface Serving<M> {
  /** The model that a request names, in use until the lease is disposed. @throws SipfError as ModelFinder and the kind do */
  acquire(ref: common.ModelRef | undefined, signal: AbortSignal): Promise<ServedModel<M>>;
  /** The models of the other folders that it was started with, in their order. */
  readonly others: readonly common.ModelRef[];
  /** The open models, in the order of `info`. */
  readonly models: readonly M[];
  /** What the service is and holds, for `Info`. @param limits the bounds of one request */
  info(limits: Readonly<Record<string, number>>): common.ServiceInfo;
  close(): Promise<void>;
}

/** A model in use, and its name. */
interface ServedModel<M> extends ModelLease<M> {
  readonly ref: common.ModelRef;
}

/**
 * Starts serving: loads the default model, where there is one, and follows the runs' needs, where NATS is set.
 * @throws SipfError where the device is not there, a model does not fit into memory, the default one cannot be served, or NATS
 *   does not let it in; a NATS that is away is joined when it is there
 */
export async function createServing<Host, M>(
  kind: ServedKind<Host, M>,
  { settings, logger, version, registry, others = [] }: ServingOptions,
): Promise<Serving<M>> {
  await checkNatsAddress(settings.natsUrl);
  const work = kind.service === 'verification' ? 'scoring' : 'generation';
  const isOther = kind.engine !== undefined;
  await checkDevice(settings, { work, isOther });
  const memoryOf = (folder: string) => (isOther ? undefined : requireMemory({ folder, work, settings }));
  // Before their bytes are looked at, which takes minutes where there are many.
  for (const folder of [settings.model, ...others]) if (folder !== undefined) memoryOf(folder);
  const metrics = createServingMetrics(registry);
  const opened = await openStore(settings);
  const finder = await createModelFinder({ artifacts: opened?.store, defaultFolder: settings.model, others });
  const context = { artifacts: opened?.store, settings, logger, metrics };
  const pool = createAdaptedPool<Host, M>({
    maxModels: settings.maxModels,
    maxAdapters: settings.maxAdapters,
    load: (found) =>
      metrics.timeLoad(async () => {
        const memory = memoryOf(found.folder);
        if (memory !== undefined) logger.info({ model: basename(found.folder) }, `memory: ${memory}`);
        return kind.load(await finder.confirm(found), context);
      }),
    unload: (host) => kind.unload(host, context),
    serve: (host, found) => {
      const { adapterFolder } = found;
      if (adapterFolder === undefined || isOther) return kind.serve(host, found, context);
      const memory = requireAdapterMemory(adapterFolder, settings);
      if (memory !== undefined) logger.info({ adapter: basename(adapterFolder) }, `memory: ${memory}`);
      return kind.serve(host, found, context);
    },
    close: (model) => kind.close(model),
  });
  await kind.greet?.();
  if (settings.model !== undefined) await pool.preload(await finder.find(undefined));
  for (const ref of finder.others) await pool.preload(await finder.find(ref));
  const { service } = kind;
  new Gauge({
    registers: [registry],
    name: 'sipf_models_loaded',
    help: 'Models in memory.',
    collect() {
      this.set(pool.models.length);
    },
  });
  const bus = await follow({ service, settings, finder, pool, logger, metrics });
  return {
    acquire: async (ref, signal) => {
      const found = await finder.find(ref);
      return { ...(await pool.acquire(found, signal)), ref: found.ref };
    },
    others: finder.others,
    get models() {
      return pool.models;
    },
    info: (limits) => {
      const described = pool.models.map((model) => kind.describe(model));
      const engine = kind.engine?.() ?? ownEngineOf(settings, version, described);
      return common.ServiceInfo.fromPartial({
        service,
        version,
        models: described.map(modelDescription),
        limits: { ...limits, ...limitsOf(settings), ...kind.limits?.() },
        devices: [engine.device],
        engine,
      });
    },
    close: async () => {
      kind.stop?.();
      await bus?.close();
      await pool.close();
      await opened?.close();
    },
  };
}

async function openStore({
  artifacts,
  artifactCache: cache,
}: OpenContext['settings']): Promise<OpenedArtifactStore | undefined> {
  return artifacts === undefined ? undefined : await openArtifactStore(artifacts, { cache });
}

function limitsOf({ maxModels, maxAdapters, maxQueue }: ServingSettings): Record<string, number> {
  return { max_models: maxModels, max_adapters: maxAdapters, max_queue: maxQueue };
}

async function follow<M>({
  settings,
  ...rest
}: {
  readonly service: ServedKind<unknown, M>['service'];
  readonly settings: ServingSettings;
  readonly finder: ModelFinder;
  readonly pool: ModelPool<FoundModel, M>;
  readonly logger: Logger;
  readonly metrics: ServingMetrics;
}): Promise<EventBus | undefined> {
  if (settings.natsUrl === undefined) return undefined;
  const bus = await joinNatsBus({ url: settings.natsUrl, log: rest.logger, stream: streamOf(settings) });
  const host = hostname().replaceAll(/[^a-zA-Z0-9_-]/g, '-');
  await followNeeds({ ...rest, bus, subscriber: `${rest.service}-${host}-${process.pid}` });
  return bus;
}
