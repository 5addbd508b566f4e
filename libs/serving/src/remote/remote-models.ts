import { SipfError } from '@sipf/errors';
import { modelCard, modelList, parseJson, type Endpoint } from '@sipf/openai';
import type { z } from 'zod';
import { isMissing, isRefused } from './backend-failures.ts';
import { readAnswer } from './wrong-answer.ts';

/** An adapter that a server is to hold. */
export interface RemoteAdapter {
  /** Its digest, so that one name never means two adapters. */
  readonly name: string;
  /** Where the server finds it. */
  readonly location: string;
  /** The server's name of its base. */
  readonly base: string;
}

type Card = z.infer<typeof modelCard>;

/** Models of a server that are named where the wanted one is missing. */
const MOST_NAMED = 5;

/** The models that a server holds. Every method bounds its own waits by the signal. */
export class RemoteModels {
  readonly #endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /**
   * @returns the longest sequence that the server takes, in tokens; undefined where it does not say
   * @throws SipfError failed-precondition MODEL_NOT_LOADED where the server has no model of that name
   */
  async confirm(name: string, signal: AbortSignal): Promise<number | undefined> {
    const listed = await this.#list(signal);
    const card = listed.find(({ id }) => id === name) ?? (await this.#describe(name, signal));
    if (card !== undefined) return card.max_model_len ?? undefined;
    const others = listed.slice(0, MOST_NAMED).map(({ id }) => id.slice(0, 160));
    const known = others.length === 0 ? 'it lists none' : `it lists ${others.join(', ')}`;
    const message = `the backend has no model ${name}, ${known}: --backend-model is its name of --model; a server of fixed weights takes adapters, not new models`;
    throw new SipfError('failed-precondition', message, { reason: 'MODEL_NOT_LOADED', metadata: { name } });
  }

  /**
   * Has the server load an adapter, unless it holds it already.
   * @throws SipfError failed-precondition ADAPTER_BASE_MISMATCH, or BACKEND_REFUSED where it cannot load it
   */
  async load(adapter: RemoteAdapter, signal: AbortSignal): Promise<void> {
    if (await this.#holds(adapter, signal)) return;
    const { name, location, base } = adapter;
    const body = { lora_name: name, lora_path: location, base_model_name: base };
    try {
      await this.#endpoint.post('load_lora_adapter', body, { signal, parse: () => true });
    } catch (error) {
      // Another replica may have been faster.
      if (!isRefused(error) || !(await this.#holds(adapter, signal))) throw error;
    }
  }

  async unload(name: string, signal: AbortSignal): Promise<void> {
    await this.#endpoint.post('unload_lora_adapter', { lora_name: name }, { signal, parse: () => true });
  }

  async #holds({ name, base }: RemoteAdapter, signal: AbortSignal): Promise<boolean> {
    const card = await this.#find(name, signal);
    if (card === undefined) return false;
    const { parent } = card;
    if (parent === undefined || parent === null || parent === base) return true;
    const message = `the backend holds ${name} on ${parent.slice(0, 160)}, asked was ${base}`;
    throw new SipfError('failed-precondition', message, { reason: 'ADAPTER_BASE_MISMATCH' });
  }

  async #find(name: string, signal: AbortSignal): Promise<Card | undefined> {
    return (await this.#list(signal)).find(({ id }) => id === name);
  }

  async #list(signal: AbortSignal): Promise<readonly Card[]> {
    const parse = (text: string) => readAnswer(text, { schema: modelList, isAnswer: () => true });
    return (await this.#endpoint.get('models', { signal, parse })).data;
  }

  /** A server may know models by name that it does not list, because they are loaded when they are asked for. */
  async #describe(name: string, signal: AbortSignal): Promise<Card | undefined> {
    const parse = (text: string) => {
      const value = parseJson(text);
      return value === undefined ? undefined : { card: modelCard.safeParse(value).data };
    };
    try {
      const { card } = await this.#endpoint.get(`models/${encodeURIComponent(name)}`, { signal, parse });
      return card?.id === name ? card : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}
