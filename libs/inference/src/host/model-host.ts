import { FairGate } from '@sipf/async';
import type { DeviceName } from '@sipf/contracts/devices';
import { modelChanged } from '@sipf/models';
import type { EngineWorker } from '../session/engine-worker.ts';
import { createWorkerPool, type WorkerEvent, type WorkerPool } from '../session/worker-pool.ts';
import type { ModelFacts, ModelSource } from '../weights/model-source.ts';
import type { Hosted, Hosting } from './hosting.ts';
import { OpenCalls } from './open-calls.ts';

/** How the threads of a model are laid out. */
export interface HostOptions {
  /** Threads that each hold the model. @default 1 */
  readonly workers?: number;
  /** Threads inside one operator, per worker. @default 1 */
  readonly threadsPerWorker?: number;
  /** What computes; one that is not there is an error at the start. @default 'cpu' */
  readonly device?: DeviceName;
  /** Calls that may be open at once; a further one fails with resource-exhausted. @default 64 */
  readonly maxConcurrentCalls?: number;
  /** Module of the worker threads. @default the library's own */
  readonly workerEntry?: URL;
  readonly onEvent?: (event: WorkerEvent) => void;
}

/** What the workers of one kind of host are. */
export interface HostedWorkers<Layout> {
  readonly entry: URL;
  readonly name: string;
  /** Sent with the model. */
  readonly layout: Layout;
  /** Work that a worker is given before it has done what came before, in the units of the calls' work. */
  readonly ahead: number;
}

/** An adapter that all workers hold beside their model. */
export interface AttachedAdapter {
  readonly name: string;
  /** Of base and adapter together. */
  readonly facts: ModelFacts;
}

const DEFAULT_MAX_CALLS = 64;

/** Threads that each hold a model and its adapters, and the calls that are open on them. */
export class ModelHost<Layout, Protocol extends Hosted<Layout, Protocol>> {
  readonly calls: OpenCalls;
  /** Where all calls' work waits for a worker. */
  readonly gate: FairGate;
  readonly #adapters = new Map<string, { readonly folder: string; readonly digest?: string | undefined }>();
  #attached = 0;
  #facts: ModelFacts | undefined;
  #pool: WorkerPool<Protocol> | undefined;

  private constructor({ ahead }: HostedWorkers<Layout>, options: HostOptions) {
    const { workers = 1, maxConcurrentCalls = DEFAULT_MAX_CALLS } = options;
    this.calls = new OpenCalls({ limit: maxConcurrentCalls });
    this.gate = new FairGate(ahead * workers);
  }

  /** Starts the threads and loads the model on each. @throws SipfError as openModel, and as the workers do */
  static async start<Layout, Protocol extends Hosted<Layout, Protocol>>(
    source: ModelSource,
    kind: HostedWorkers<Layout>,
    options: HostOptions,
  ): Promise<ModelHost<Layout, Protocol>> {
    const host = new ModelHost<Layout, Protocol>(kind, options);
    const { workers = 1, workerEntry = kind.entry, onEvent } = options;
    host.#pool = await createWorkerPool<Protocol>({
      entry: workerEntry,
      size: workers,
      name: kind.name,
      initialise: (worker) => host.#prepare(worker, source, kind.layout),
      ...(onEvent !== undefined && { onEvent }),
    });
    return host;
  }

  /** Of the base. */
  get facts(): ModelFacts {
    return started(this.#facts);
  }

  get pool(): WorkerPool<Protocol> {
    return started(this.#pool);
  }

  /** Gives every worker an adapter of the model. @throws SipfError as openAdapter, and as the workers do */
  async attach(folder: string): Promise<AttachedAdapter> {
    const name = `adapter-${this.#attached++}`;
    // Known before it is sent: a worker that is replaced meanwhile gets it with its model.
    this.#adapters.set(name, { folder });
    try {
      const [facts] = await this.#hosting.broadcast('attach', { name, folder });
      const known = started(facts);
      this.#adapters.set(name, { folder, digest: known.digest });
      return { name, facts: known };
    } catch (error) {
      await this.detach(name).catch(() => undefined);
      throw error;
    }
  }

  /** Frees an adapter, which no call may be using. */
  async detach(name: string): Promise<void> {
    if (this.#adapters.delete(name)) await this.#hosting.broadcast('detach', { name });
  }

  /** Cancels open calls and ends the threads, and with them all of the model's memory. */
  async close(): Promise<void> {
    await this.calls.close();
    this.#adapters.clear();
    await this.pool.close();
  }

  /** What all hosts' workers do. */
  get #hosting(): WorkerPool<Hosting<Layout>> {
    return this.pool;
  }

  /** Loads the model and every adapter on a new thread; one that takes another's seat must find the same. */
  async #prepare(worker: EngineWorker<Hosting<Layout>>, source: ModelSource, layout: Layout): Promise<void> {
    const facts = await worker.call('load', { source, layout });
    assertSame(this.#facts?.digest, facts, 'folder' in source ? source.folder : '');
    this.#facts = facts;
    for (const [name, { folder, digest }] of this.#adapters)
      assertSame(digest, await worker.call('attach', { name, folder }), folder);
  }
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the host has no worker yet');
  return part;
}

/** @throws SipfError data-loss MODEL_CHANGED where a folder was read before under another digest */
function assertSame(expected: string | undefined, { digest }: ModelFacts, folder: string): void {
  if (expected === undefined || digest === undefined || expected === digest) return;
  throw modelChanged(folder, { expected, actual: digest });
}
