import { abortError, type FairGate, readUntilAborted } from '@sipf/async';
import {
  OpenCalls,
  resolveRequests,
  type GeneratedSample,
  type GenerateOptions,
  type GenerationRequest,
  type Generator,
  type ModelFacts,
  type OpenCall,
  type ResolvedRequest,
} from '@sipf/inference';
import type { AsyncTokenizer } from '@sipf/models';
import type { Endpoint, Server, ServerLease } from '@sipf/openai';
import { isMissing } from './backend-failures.ts';
import type { Backend } from './backend-settings.ts';
import { completionBody, sampleHeaders } from './completion-body.ts';
import { withOwnText } from './own-text.ts';
import { readCompletion, type AskedModel } from './read-completion.ts';
import { wrongAnswer } from './wrong-answer.ts';

/** A model that a server holds. */
export interface RemoteModel {
  readonly facts: ModelFacts;
  readonly backend: Pick<Backend, 'endpoint' | 'dialect' | 'prompt'>;
  readonly asked: AskedModel;
  readonly tokenizer: AsyncTokenizer;
  /** Shared by all models of the server. */
  readonly gate: FairGate;
  /** Makes a server ready for a request of the model's base. */
  readonly lease: (server: Server, signal: AbortSignal) => Promise<ServerLease>;
  /** Makes the server hold the model again, after it has forgotten it. */
  readonly restore: (signal: AbortSignal) => Promise<void>;
  /** Releases the model at the server. */
  readonly release: () => Promise<void>;
}

/** Samples from a server, one request a sample, as many at once as the gate lets through. */
export class RemoteGenerator implements Generator {
  readonly model: ModelFacts;
  readonly #remote: RemoteModel;
  readonly #calls = new OpenCalls();

  constructor(remote: RemoteModel) {
    this.#remote = remote;
    this.model = remote.facts;
  }

  generate(
    requests: Iterable<GenerationRequest> | AsyncIterable<GenerationRequest>,
    { claim, ...options }: GenerateOptions = {},
  ): AsyncGenerator<GeneratedSample, void, undefined> {
    return this.#calls.stream(options, (call: OpenCall<GeneratedSample>) => ({
      items: oneByOne(resolveRequests(readUntilAborted(requests, call.signal), this.model)),
      gate: this.#remote.gate,
      claim,
      run: (request: ResolvedRequest) => this.#sample(request, call),
    }));
  }

  async close(): Promise<void> {
    await this.#calls.close();
    await this.#remote.release();
  }

  async #sample(request: ResolvedRequest, call: OpenCall<GeneratedSample>): Promise<void> {
    const { tokenizer } = this.#remote;
    const stopped = await withOwnText(await this.#ask(request, request, call.signal), request, tokenizer);
    call.results.push(stopped ?? (await this.#withoutStops(request, call.signal)));
  }

  /** The server cuts nothing then: the stop strings are looked for here. */
  async #withoutStops(request: ResolvedRequest, signal: AbortSignal): Promise<GeneratedSample> {
    const sent = { ...request, sampling: { ...request.sampling, stopStrings: [] } };
    const sample = await withOwnText(await this.#ask(sent, request, signal), request, this.#remote.tokenizer);
    if (sample !== undefined) return sample;
    throw wrongAnswer({
      field: 'choices[0].stop_reason',
      description: 'is a text, no stop string was asked for',
    });
  }

  /** @param sent what the server is asked @param request what the answer must hold of */
  async #ask(sent: ResolvedRequest, request: ResolvedRequest, signal: AbortSignal): Promise<GeneratedSample> {
    const { backend, asked, lease, restore } = this.#remote;
    const body = completionBody(asked.name, sent, backend);
    const call = {
      signal,
      headers: sampleHeaders(request),
      parse: (text: string) => readCompletion(text, asked, request),
      lease: (server: Server) => lease(server, signal),
    };
    for (let restores = 0; ; restores++) {
      try {
        return await post(backend.endpoint, body, call);
      } catch (error) {
        if (!isMissing(error) || restores >= MOST_RESTORES) throw error;
        await restore(signal);
      }
    }
  }
}

/** Restores for one sample: a server may lose a model again, and one of several may lack what another has. */
const MOST_RESTORES = 3;

/** A request for each sample. */
async function* oneByOne(
  requests: AsyncIterable<ResolvedRequest>,
): AsyncGenerator<ResolvedRequest, void, undefined> {
  for await (const request of requests) {
    const { n, firstSampleIndex } = request;
    for (let index = 0; index < n; index++)
      yield { ...request, n: 1, firstSampleIndex: firstSampleIndex + index };
  }
}

async function post<T>(
  endpoint: Endpoint,
  body: unknown,
  call: Parameters<typeof endpoint.post<T>>[2],
): Promise<T> {
  try {
    return await endpoint.post('completions', body, call);
  } catch (error) {
    throw call.signal.aborted ? abortError(call.signal) : error;
  }
}
