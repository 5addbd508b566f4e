import { type CallOptions, type Claim, readUntilAborted } from '@sipf/async';
import { hostModel, type HostedModel } from '../host/hosted-model.ts';
import type { HostOptions } from '../host/model-host.ts';
import type { OpenCall } from '../host/open-calls.ts';
import type { ModelFacts, ModelSource } from '../weights/model-source.ts';
import type { EngineSample, GeneratedSample, SamplePiece } from './generated-sample.ts';
import { resolveRequests, type GenerationRequest, type ResolvedRequest } from './generation-request.ts';
import type { Generation } from './generation.ts';
import type { RunnerOptions } from './session-runner.ts';

/** How a generator is laid out. */
export interface GeneratorOptions extends HostOptions {
  /** Most rows of a worker's batch; what a sample is does not depend on it. @default 64 */
  readonly slots?: number;
  /**
   * Tokens that each row gets in one run of the graph at most: keys and draws stay inside it. What a sample is does not depend on
   * it. @default 16 on CUDA, else 1, which WebGPU has always
   */
  readonly stepsPerRun?: number;
}

/** How a call is treated. */
export interface GenerateOptions extends CallOptions {
  /** Whose turn it is when several calls wait: each client gets as many samples as any other. @default anyone's */
  readonly claim?: Claim | undefined;
  /** Gets what samples of requests with `pieces` say while they are written; a sample itself is whole all the same. */
  readonly onPiece?: ((piece: SamplePiece) => void) | undefined;
}

/** A model that generates text, alone or with an adapter, wherever it is; the caller owns it and closes it. */
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

/** A model of this process's engine. */
export interface EngineGenerator extends Generator {
  generate(...call: Parameters<Generator['generate']>): AsyncGenerator<EngineSample, void, undefined>;
}

/** Samples given to a worker, by its slots: twice as many, so that a free slot is refilled at once. */
const AHEAD = 2;
const DEFAULT_SLOTS = 64;

/** Starts the threads and loads the model on each, off the calling thread. */
export async function createGenerator(
  source: ModelSource,
  options: GeneratorOptions = {},
): Promise<GeneratorHost> {
  const { slots = DEFAULT_SLOTS, threadsPerWorker: threads = 1, device = 'cpu', stepsPerRun } = options;
  const layout: RunnerOptions = { slots, threads, device, stepsPerRun };
  const entry = new URL('./generation-worker.ts', import.meta.url);
  const kind = { entry, name: 'generation', layout, ahead: AHEAD * slots };
  return new GeneratorHost(await hostModel<RunnerOptions, Generation>(source, kind, options));
}

/** A generator with threads of its own. */
export class GeneratorHost implements EngineGenerator {
  readonly #hosted: HostedModel<RunnerOptions, Generation>;

  constructor(hosted: HostedModel<RunnerOptions, Generation>) {
    this.#hosted = hosted;
  }

  get model(): ModelFacts {
    return this.#hosted.facts;
  }

  /**
   * The same model with an adapter on top, beside others and beside the model alone, on the same threads and over the same
   * weights. Closing it frees the adapter.
   * @param adapterFolder a PEFT folder
   * @throws SipfError as loadAdapterFolder does
   */
  async attach(adapterFolder: string): Promise<EngineGenerator> {
    return new GeneratorHost(await this.#hosted.attach(adapterFolder));
  }

  generate(
    requests: Iterable<GenerationRequest> | AsyncIterable<GenerationRequest>,
    { claim, onPiece, ...options }: GenerateOptions = {},
  ): AsyncGenerator<EngineSample, void, undefined> {
    return this.#hosted.stream(options, (call: OpenCall<EngineSample>) => ({
      items: resolveRequests(readUntilAborted(requests, call.signal), this.model),
      weightOf: ({ n }: ResolvedRequest) => n,
      claim,
      run: (request: ResolvedRequest) => this.#sample(request, call, onPiece),
    }));
  }

  close(): Promise<void> {
    return this.#hosted.close();
  }

  async #sample(
    request: ResolvedRequest,
    { signal, results }: OpenCall<EngineSample>,
    onPiece: GenerateOptions['onPiece'],
  ): Promise<void> {
    const { adapter, pool } = this.#hosted;
    // A worker that died may have given some samples already; a second worker gives the same ones again.
    const given = new Set<number>();
    const report = onPiece === undefined ? undefined : eachOnce(onPiece);
    // The worker reads tokens alone.
    await pool.call(
      'generate',
      { ...request, adapter, promptText: undefined },
      {
        signal,
        weight: request.n,
        onItem: (item) => {
          if ('from' in item) {
            report?.(item);
            return;
          }
          if (given.has(item.sampleIndex)) return;
          given.add(item.sampleIndex);
          results.push(item);
        },
      },
    );
  }
}

/** Reports each piece once: a second worker writes again what a worker that died had written. */
function eachOnce(onPiece: (piece: SamplePiece) => void): (piece: SamplePiece) => void {
  const reported = new Map<number, number>();
  return ({ from, text, ...sample }) => {
    const known = reported.get(sample.sampleIndex) ?? 0;
    const fresh = text.slice(Math.max(known - from, 0));
    if (fresh === '') return;
    reported.set(sample.sampleIndex, from + text.length);
    onPiece({ ...sample, from: Math.max(known, from), text: fresh });
  };
}
