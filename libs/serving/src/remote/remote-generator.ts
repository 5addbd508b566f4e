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
import type { Endpoint } from '@sipf/openai';
import { isMissing } from './backend-failures.ts';
import type { Backend } from './backend-settings.ts';
import { completionBody, sampleHeaders } from './completion-body.ts';
import { withOwnText } from './own-text.ts';
import { readCompletion, type AskedModel } from './read-completion.ts';

/** A model that a server holds. */
export interface RemoteModel {
  readonly facts: ModelFacts;
  readonly backend: Pick<Backend, 'endpoint' | 'dialect' | 'prompt'>;
  readonly asked: AskedModel;
  readonly tokenizer: AsyncTokenizer;
  /** Shared by all models of the server. */
  readonly gate: FairGate;
  /** Makes the server hold the model again, after it has forgotten it. */
  readonly restore: (signal: AbortSignal) => Promise<void>;
  /** Tells the server that the model is needed no more. */
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
    const { backend, asked, tokenizer } = this.#remote;
    const body = completionBody(asked.name, request, backend);
    const headers = sampleHeaders(request);
    const parse = (text: string): GeneratedSample | undefined => readCompletion(text, asked, request);
    const ask = (): Promise<GeneratedSample> =>
      post(backend.endpoint, body, { parse, headers, signal: call.signal });
    const answered = await ask().catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      await this.#remote.restore(call.signal);
      return await ask();
    });
    call.results.push(await withOwnText(answered, request, tokenizer));
  }
}

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
