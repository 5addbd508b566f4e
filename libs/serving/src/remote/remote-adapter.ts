import { SipfError } from '@sipf/errors';
import type { DecoderConfig } from '@sipf/models';
import type { Logger } from '@sipf/service';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FoundModel } from '../model-finder.ts';
import { isMissing, isUnloadable } from './backend-failures.ts';
import type { Backend } from './backend-settings.ts';
import { checkHandedOver } from './handed-over-adapter.ts';
import type { RemoteAdapter, RemoteAdapters } from './remote-models.ts';

/** An adapter on a backend, by the backend's way of getting one. */
export interface HeldAdapter {
  /** Has the backend hold it, again where it has lost it. */
  readonly restore: (signal: AbortSignal) => Promise<void>;
  /** Releases it at the backend. */
  readonly release: () => Promise<void>;
}

/** What holding an adapter needs of its surroundings. */
export interface AdapterContext {
  readonly backend: Pick<Backend, 'adapter'>;
  readonly adapters: RemoteAdapters;
  /** The servers' name of the base, and what makes one ready for it. */
  readonly base: string;
  readonly lease: RemoteAdapter['lease'];
  readonly config: DecoderConfig;
  /** Highest rank that the servers take, where they say. */
  readonly maxLoraRank: number | undefined;
  readonly logger: Logger;
}

/** Longest wait for a server to let an adapter go. */
const UNLOAD_MS = 10_000;
/** A store that several machines see shows a new folder a little later on some of them. */
const LAG_MS = 1000;

/** @throws SipfError failed-precondition where the servers would not compute what the adapter says, or cannot load it */
export async function holdAdapter(
  { ref, adapterFolder = '' }: FoundModel,
  { backend, adapters, base, lease, config, maxLoraRank, logger }: AdapterContext,
): Promise<HeldAdapter> {
  await checkHandedOver(adapterFolder, { config, digest: ref.digest, maxLoraRank });
  if (backend.adapter === 'resolver') return RESOLVED;
  const name = ref.adapterDigest;
  const location = backend.adapter === 'digest' ? name : resolve(adapterFolder);
  const restore = (signal: AbortSignal): Promise<void> =>
    adapters.load({ name, location, base, lease }, signal);
  // Nobody's call: the load has a bound of its own.
  await restore(new AbortController().signal);
  return {
    restore,
    release: () =>
      // Another service may have done it, or the server be gone: neither stops this one.
      adapters.unload(name, AbortSignal.timeout(UNLOAD_MS)).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        logger.info({ adapter: name }, `the backend did not let go of an adapter: ${why}`);
      }),
  };
}

/** Nothing is loaded and nothing let go: the servers do both as they need it. */
const RESOLVED: HeldAdapter = {
  restore: (signal) => sleep(LAG_MS, undefined, { signal }),
  release: () => Promise.resolve(),
};

/** The error for an adapter that no server's resolver knows, or that none could load; any other error stays. */
export function unresolved(
  error: unknown,
  { ref }: FoundModel,
  { adapter }: Pick<Backend, 'adapter'>,
): unknown {
  if (adapter !== 'resolver') return error;
  if (isUnloadable(error)) {
    const why = `the backend found the adapter ${ref.adapterDigest} of ${ref.digest} and could not load it`;
    const remedy = 'its rank may be over the --max-lora-rank of the server, whose log says why';
    return new SipfError('failed-precondition', `${why}: ${remedy}`, { reason: 'BACKEND_REFUSED' });
  }
  if (!isMissing(error)) return error;
  const message =
    `the backend knows no adapter ${ref.adapterDigest} of ${ref.digest}: its resolver (deploy/vllm) ` +
    `must read the store of --artifacts (or --artifact-cache), with SIPF_BASE_DIGEST ${ref.digest}`;
  return new SipfError('failed-precondition', message, { reason: 'MODEL_NOT_LOADED' });
}
