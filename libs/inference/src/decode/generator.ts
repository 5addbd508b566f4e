import { type CallOptions, type Claim, readUntilAborted } from '@sipf/async';
import { hostModel, type HostedModel } from '../host/hosted-model.ts';
import type { HostOptions } from '../host/model-host.ts';
import type { OpenCall } from '../host/open-calls.ts';
import type { ModelFacts, ModelSource } from '../weights/model-source.ts';
import { generationOrder } from './generation-order.ts';
import type { Generation } from './generation.ts';
import type { GenerationOrder, WrittenPiece } from './generation-task.ts';
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
  /** What is known of the model, its adapter included. */
  readonly model: ModelFacts;
  /**
   * Samples every request and gives each sample as soon as it ends, in no particular order. What a sample is depends
   * only on (model, prompt, settings, seed, key, sample index), not on what else runs. Leaving the loop early cancels.
   * @throws SipfError invalid-argument for a wrong request, resource-exhausted TOO_MANY_CALLS, cancelled,
   *   deadline-exceeded
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
}

/** Samples given to a worker, by its slots: twice as many, so that a free slot is refilled at once. */
const AHEAD = 2;
const DEFAULT_SLOTS = 64;

/** Starts the threads and loads the model on each, off the calling thread. */
export async function createGenerator(
  source: ModelSource,
  options: GeneratorOptions = {},
): Promise<GeneratorHost> {
  const { slots = DEFAULT_SLOTS, threadsPerWorker = 1 } = options;
  const layout: RunnerOptions = { slots, threads: threadsPerWorker };
  const entry = new URL('./generation-worker.ts', import.meta.url);
  const kind = { entry, name: 'generation', layout, ahead: AHEAD * slots };
  return new PooledGenerator(await hostModel<RunnerOptions, Generation>(source, kind, options));
}

interface IndexedOrder {
  readonly requestIndex: number;
  readonly order: GenerationOrder;
}

class PooledGenerator implements GeneratorHost {
  readonly #hosted: HostedModel<RunnerOptions, Generation>;

  constructor(hosted: HostedModel<RunnerOptions, Generation>) {
    this.#hosted = hosted;
  }

  get model(): ModelFacts {
    return this.#hosted.facts;
  }

  async attach(adapterFolder: string): Promise<Generator> {
    return new PooledGenerator(await this.#hosted.attach(adapterFolder));
  }

  generate(
    requests: Iterable<GenerationRequest> | AsyncIterable<GenerationRequest>,
    { claim, onPiece, ...options }: GenerateOptions = {},
  ): AsyncGenerator<GeneratedSample, void, undefined> {
    return this.#hosted.stream(options, (call: OpenCall<GeneratedSample>) => ({
      items: this.#orders(readUntilAborted(requests, call.signal)),
      weightOf: ({ order }: IndexedOrder) => order.n,
      claim,
      run: (indexed: IndexedOrder) => this.#sample(indexed, call, onPiece),
    }));
  }

  close(): Promise<void> {
    return this.#hosted.close();
  }

  async *#orders(requests: AsyncIterable<GenerationRequest>): AsyncGenerator<IndexedOrder, void, undefined> {
    let requestIndex = 0;
    for await (const request of requests) {
      const order = { ...generationOrder(request, this.model), adapter: this.#hosted.adapter };
      yield { requestIndex: requestIndex++, order };
    }
  }

  async #sample(
    { requestIndex, order }: IndexedOrder,
    { signal, results }: OpenCall<GeneratedSample>,
    onPiece: GenerateOptions['onPiece'],
  ): Promise<void> {
    // A worker that died may have given some samples already; a second worker gives the same ones again.
    const given = new Set<number>();
    const tell = onPiece === undefined ? undefined : piecesOf(requestIndex, onPiece);
    await this.#hosted.pool.call('generate', order, {
      signal,
      weight: order.n,
      onItem: (item) => {
        if ('from' in item) {
          tell?.(item);
          return;
        }
        if (given.has(item.sampleIndex)) return;
        given.add(item.sampleIndex);
        results.push({ requestIndex, meanLogProb: mean(item.logProbs), ...item });
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

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}
