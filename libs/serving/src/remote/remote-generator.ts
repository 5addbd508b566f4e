import { abortError, type FairGate, readUntilAborted } from '@sipf/async';
import {
  generationOrder,
  OpenCalls,
  type GenerationOrder,
  type ModelFacts,
  type OpenCall,
} from '@sipf/inference';
import type { AsyncTokenizer } from '@sipf/models';
import type { Endpoint } from '@sipf/openai';
import type { TextGenerator, TextOrder, TextSample } from '../text-generator.ts';
import { isMissing } from './backend-failures.ts';
import type { Backend } from './backend-settings.ts';
import { completionBody, sampleHeaders, type WantedSample } from './completion-body.ts';
import { withOwnText } from './own-text.ts';
import { readCompletion, type AskedModel, type ReadSample } from './read-completion.ts';

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

type GenerateOptions = NonNullable<Parameters<TextGenerator['generate']>[1]>;

/** Samples from a server, one request a sample, as many at once as the gate lets through. */
export class RemoteGenerator implements TextGenerator {
  readonly model: ModelFacts;
  readonly #remote: RemoteModel;
  readonly #calls = new OpenCalls();

  constructor(remote: RemoteModel) {
    this.#remote = remote;
    this.model = remote.facts;
  }

  generate(
    orders: Iterable<TextOrder> | AsyncIterable<TextOrder>,
    { claim, ...options }: GenerateOptions = {},
  ): AsyncGenerator<TextSample, void, undefined> {
    return this.#calls.stream(options, (call: OpenCall<TextSample>) => ({
      items: this.#wanted(readUntilAborted(orders, call.signal)),
      gate: this.#remote.gate,
      claim,
      run: (wanted: IndexedSample) => this.#sample(wanted, call),
    }));
  }

  async close(): Promise<void> {
    await this.#calls.close();
    await this.#remote.release();
  }

  async *#wanted(orders: AsyncIterable<TextOrder>): AsyncGenerator<IndexedSample, void, undefined> {
    let requestIndex = 0;
    for await (const asked of orders) {
      const order = generationOrder(asked, this.model);
      for (const sampleIndex of indexesOf(order)) {
        yield { order, promptText: asked.promptText, sampleIndex, requestIndex };
      }
      requestIndex += 1;
    }
  }

  async #sample({ requestIndex, ...wanted }: IndexedSample, call: OpenCall<TextSample>): Promise<void> {
    const { backend, asked, tokenizer } = this.#remote;
    const body = completionBody(asked.name, wanted, backend);
    const headers = sampleHeaders(wanted);
    const parse = (text: string): ReadSample | undefined => readCompletion(text, asked, wanted.order);
    const ask = (): Promise<ReadSample> =>
      post(backend.endpoint, body, { parse, headers, signal: call.signal });
    const told = await ask().catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      await this.#remote.restore(call.signal);
      return await ask();
    });
    const sample = await withOwnText(told, wanted.order, tokenizer);
    call.results.push({ requestIndex, sampleIndex: wanted.sampleIndex, ...sample });
  }
}

interface IndexedSample extends WantedSample {
  readonly requestIndex: number;
}

function* indexesOf({ n, firstSampleIndex }: GenerationOrder): Generator<number> {
  for (let index = 0; index < n; index++) yield firstSampleIndex + index;
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
