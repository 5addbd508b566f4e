import {
  createModelHost,
  type AttachedAdapter,
  type HostCall,
  type HostOptions,
  type ModelHost,
} from '../weights/model-host.ts';
import { type CallOptions, type Claim, FairGate, readUntilAborted } from '@sipf/async';
import type { ModelFacts, ModelSource } from '../weights/model-source.ts';
import { generationOrder } from './generation-order.ts';
import type { FinishedSample, GenerationOrder, WrittenPiece } from './generation-task.ts';
import type { GeneratedSample, GenerationRequest, SamplePiece } from './generation-types.ts';
import type { RunnerOptions } from './session-runner.ts';

/** How a generator is laid out. */
export interface GeneratorOptions extends HostOptions {
  /** Most rows of a worker's batch; what a sample is does not depend on it. @default 64 */
  readonly slots?: number;
}

/** How a call is treated. */
export interface GenerateOptions extends CallOptions {
  /** Whose turn it is when several calls wait: each client gets as many samples as any other. @default anyone's */
  readonly claim?: Claim | undefined;
  /** Told what samples say while they are written, those of requests with `pieces`; a sample itself is whole all the same. */
  readonly onPiece?: ((piece: SamplePiece) => void) | undefined;
}

/** A model that generates text, or a model with an adapter; the caller owns it and closes it. */
export interface Generator {
  /** @throws SipfError failed-precondition MODEL_NOT_LOADED after `unload` */
  readonly model: ModelFacts;
  /**
   * Samples every request and gives each sample as soon as it ends, in no particular order. What a sample is depends
   * only on (model, prompt, settings, seed, key, sample index), not on what else runs. Leaving the loop early cancels.
   * @throws SipfError invalid-argument for a wrong request, resource-exhausted TOO_MANY_CALLS, failed-precondition
   *   MODEL_NOT_LOADED, cancelled, deadline-exceeded
   */
  generate(
    requests: Iterable<GenerationRequest> | AsyncIterable<GenerationRequest>,
    options?: GenerateOptions,
  ): AsyncGenerator<GeneratedSample, void, undefined>;
  /** Cancels open calls and frees what is the generator's own: its threads, or its adapter. */
  close(): Promise<void>;
}

/** A generator with threads of its own. */
export interface GeneratorHost extends Generator {
  /**
   * The same model with an adapter on top, beside others and beside the model alone, on the same threads and over the same
   * weights. Closing it frees the adapter.
   * @param adapterFolder a PEFT folder
   * @throws SipfError as loadAdapterFolder does
   */
  attach(adapterFolder: string): Promise<Generator>;
  /**
   * Replaces the model, threads and all, once open calls have ended; calls made meanwhile wait for the new one. Where
   * the new model cannot be loaded, the one before is loaded again and the call fails. Adapters end with their model.
   */
  load(source: ModelSource): Promise<ModelFacts>;
  /** Ends the threads, and with them all of the model's memory, once open calls have ended, until the next `load`. */
  unload(): Promise<void>;
}

/** Samples given to a worker beyond those in its slots, so that a free slot is refilled at once. */
const AHEAD = 2;
const DEFAULT_SLOTS = 64;

/** Starts the threads and loads the model on each, off the calling thread. */
export async function createGenerator(
  source: ModelSource,
  options: GeneratorOptions = {},
): Promise<GeneratorHost> {
  const { slots = DEFAULT_SLOTS, threadsPerWorker = 1, workers = 1 } = options;
  const layout: RunnerOptions = { slots, threads: threadsPerWorker };
  const entry = new URL('./generation-worker.ts', import.meta.url);
  const host = await createModelHost(source, { entry, name: 'generation', layout }, options);
  return new PooledGenerator(host, new FairGate(AHEAD * slots * workers));
}

class PooledGenerator implements GeneratorHost {
  readonly #host: ModelHost<RunnerOptions>;
  readonly #gate: FairGate;
  readonly #adapter: AttachedAdapter | undefined;

  constructor(host: ModelHost<RunnerOptions>, gate: FairGate, adapter?: AttachedAdapter) {
    this.#host = host;
    this.#gate = gate;
    this.#adapter = adapter;
  }

  get model(): ModelFacts {
    return this.#adapter?.facts ?? this.#host.model;
  }

  async attach(adapterFolder: string): Promise<Generator> {
    return new PooledGenerator(this.#host, this.#gate, await this.#host.attach(adapterFolder));
  }

  generate(
    requests: Iterable<GenerationRequest> | AsyncIterable<GenerationRequest>,
    { claim, onPiece, ...options }: GenerateOptions = {},
  ): AsyncGenerator<GeneratedSample, void, undefined> {
    return this.#host.stream<GeneratedSample>({ ...options, adapter: this.#adapter }, async (call) => {
      let requestIndex = 0;
      for await (const request of readUntilAborted(requests, call.signal)) {
        const order = { ...generationOrder(request, this.model), adapter: this.#adapter?.name };
        await call.readerReady();
        const leave = await this.#gate.enter(order.n, { signal: call.signal, claim });
        const at = requestIndex++;
        const tell = onPiece === undefined ? undefined : piecesOf(at, onPiece);
        call.run(this.#sample(order, call, { requestIndex: at, tell }).finally(leave));
      }
    });
  }

  load(source: ModelSource): Promise<ModelFacts> {
    return this.#host.load(source);
  }

  unload(): Promise<void> {
    return this.#host.unload();
  }

  close(): Promise<void> {
    return this.#adapter === undefined ? this.#host.close() : this.#host.detach(this.#adapter);
  }

  async #sample(
    order: GenerationOrder,
    call: HostCall<GeneratedSample>,
    { requestIndex, tell }: { readonly requestIndex: number; readonly tell: TellPiece | undefined },
  ): Promise<void> {
    // A worker that died may have given some samples already; a second worker gives the same ones again.
    const given = new Set<number>();
    await this.#host.pool.call('generate', order, {
      signal: call.signal,
      weight: order.n,
      onItem: (item) => {
        if (isPiece(item)) {
          tell?.(item);
          return;
        }
        const sample = item as FinishedSample;
        if (given.has(sample.sampleIndex)) return;
        given.add(sample.sampleIndex);
        call.results.push({ requestIndex, meanLogProb: mean(sample.logProbs), ...sample });
      },
    });
  }
}

type TellPiece = (piece: WrittenPiece) => void;

/** Tells each piece once: a second worker writes what a worker that died had told again. */
function piecesOf(requestIndex: number, onPiece: (piece: SamplePiece) => void): TellPiece {
  const told = new Map<number, number>();
  return ({ sampleIndex, from, text }) => {
    const known = told.get(sampleIndex) ?? 0;
    const fresh = text.slice(Math.max(known - from, 0));
    if (fresh === '') return;
    told.set(sampleIndex, from + text.length);
    onPiece({ requestIndex, sampleIndex, text: fresh });
  };
}

function isPiece(item: unknown): item is WrittenPiece {
  return typeof item === 'object' && item !== null && 'from' in item;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}
