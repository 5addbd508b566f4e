import type { CallOptions } from '@sipf/async';
import type { WorkerPool } from '../session/worker-pool.ts';
import type { ModelFacts, ModelSource } from '../weights/model-source.ts';
import type { Hosted } from './hosting.ts';
import { ModelHost, type AttachedAdapter, type HostedWorkers, type HostOptions } from './model-host.ts';
import { OpenCalls, type CallWork, type OpenCall } from './open-calls.ts';

/** Starts the threads and loads the model on each, off the calling thread. @throws SipfError as ModelHost.start */
export async function hostModel<Layout, Protocol extends Hosted<Layout, Protocol>>(
  source: ModelSource,
  kind: HostedWorkers<Layout>,
  options: HostOptions,
): Promise<HostedModel<Layout, Protocol>> {
  return new HostedModel(await ModelHost.start<Layout, Protocol>(source, kind, options));
}

/** A model on threads, alone or with one of its adapters: what scorers and generators are made of. */
export class HostedModel<Layout, Protocol extends Hosted<Layout, Protocol>> {
  readonly #host: ModelHost<Layout, Protocol>;
  readonly #adapter: AttachedAdapter | undefined;
  readonly #calls: OpenCalls;

  constructor(host: ModelHost<Layout, Protocol>, adapter?: AttachedAdapter) {
    this.#host = host;
    this.#adapter = adapter;
    this.#calls = adapter === undefined ? host.calls : new OpenCalls({ within: host.calls });
  }

  get facts(): ModelFacts {
    return this.#adapter?.facts ?? this.#host.facts;
  }

  /** What requests to the workers call the adapter; undefined for the base alone. */
  get adapter(): string | undefined {
    return this.#adapter?.name;
  }

  /** The threads. */
  get pool(): WorkerPool<Protocol> {
    return this.#host.pool;
  }

  /** The same model with an adapter, on the same threads. @throws SipfError as openAdapter, and as the workers do */
  async attach(folder: string): Promise<HostedModel<Layout, Protocol>> {
    return new HostedModel(this.#host, await this.#host.attach(folder));
  }

  /** Streams what a call's work pushes, which waits in line with that of all calls on these threads. @throws as OpenCalls */
  stream<Item, Result>(
    options: CallOptions,
    workOf: (call: OpenCall<Result>) => Omit<CallWork<Item>, 'gate'>,
  ): AsyncGenerator<Result, void, undefined> {
    return this.#calls.stream(options, (call: OpenCall<Result>) => ({
      ...workOf(call),
      gate: this.#host.gate,
    }));
  }

  /** Cancels open calls and frees what is the model's own: its threads, or its adapter. */
  async close(): Promise<void> {
    await this.#calls.close();
    await (this.#adapter === undefined ? this.#host.close() : this.#host.detach(this.#adapter.name));
  }
}
