import type { FoundModel } from './model-finder.ts';
import { createModelPool, type ModelLease, type ModelPool } from './model-pool.ts';

/** How many models there may be, and how they come and go. */
export interface AdaptedPoolOptions<Host, M> {
  /** Bases open at the same time. */
  readonly maxModels: number;
  /** Adapters of one base open at the same time. */
  readonly maxAdapters: number;
  /** Opens a base, alone or on behalf of an adapter. */
  readonly load: (found: FoundModel) => Promise<Host>;
  readonly unload: (host: Host) => Promise<void>;
  /** Makes what answers for a base alone or with an adapter. */
  readonly serve: (host: Host, found: FoundModel) => Promise<M>;
  /** Ends its calls, and frees the adapter. */
  readonly close: (model: M) => Promise<void>;
}

interface Held<Host, M> {
  readonly digest: string;
  readonly host: Host;
  readonly alone: ModelPool<FoundModel, M>;
  readonly adapted: ModelPool<FoundModel, M>;
}

/**
 * A pool that holds a base once, whatever number of adapters is served on it; both are bounded, and the least
 * recently used that nobody uses gives way.
 */
export function createAdaptedPool<Host, M>(options: AdaptedPoolOptions<Host, M>): ModelPool<FoundModel, M> {
  const { maxModels, maxAdapters, load, unload, serve, close } = options;
  const bases = createModelPool<FoundModel, Held<Host, M>>({
    maxModels,
    open: async (found) => {
      const host = await load(found);
      const open = (one: FoundModel): Promise<M> => serve(host, one);
      return {
        digest: found.ref.digest,
        host,
        alone: createModelPool<FoundModel, M>({ maxModels: 1, open, close }),
        adapted: createModelPool<FoundModel, M>({ maxModels: maxAdapters, open, close }),
      };
    },
    close: async ({ host, alone, adapted }) => {
      await Promise.all([alone.close(), adapted.close()]);
      await unload(host);
    },
  });
  return {
    acquire: async (found, signal) => {
      const base = await bases.acquire(baseOf(found), signal);
      try {
        return both(base, await poolOf(base.model, found).acquire(found, signal));
      } catch (error) {
        await base[Symbol.asyncDispose]();
        throw error;
      }
    },
    preload: async (found) => {
      await bases.preload(baseOf(found));
      const held = bases.models.find(({ digest }) => digest === found.ref.digest);
      if (held !== undefined) await poolOf(held, found).preload(found);
    },
    free: async (keep) => {
      await bases.free(new Set([...keep].map(baseKey)));
      for (const { alone, adapted } of bases.models)
        await Promise.all([alone.free(keep), adapted.free(keep)]);
    },
    get models() {
      return bases.models.flatMap(({ alone, adapted }) => [...alone.models, ...adapted.models]);
    },
    close: () => bases.close(),
  };
}

function poolOf<Host, M>({ alone, adapted }: Held<Host, M>, found: FoundModel): ModelPool<FoundModel, M> {
  return found.adapterFolder === undefined ? alone : adapted;
}

function baseOf(found: FoundModel): FoundModel {
  return { ...found, key: baseKey(found.key) };
}

/** Of the key of a model, see FoundModel. */
function baseKey(key: string): string {
  return key.split('+')[0] ?? key;
}

function both<M>(base: AsyncDisposable, { model, ...own }: ModelLease<M>): ModelLease<M> {
  return {
    model,
    [Symbol.asyncDispose]: async () => {
      await own[Symbol.asyncDispose]();
      await base[Symbol.asyncDispose]();
    },
  };
}
