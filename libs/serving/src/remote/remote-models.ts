import { orAborted } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { modelCard, modelList, parseJson, type Endpoint, type Server, type ServerLease } from '@sipf/openai';
import type { z } from 'zod';
import { isLoadRefusal, isLoadedAlready, isMissing } from './backend-failures.ts';
import { readAnswer } from './wrong-answer.ts';

/** An adapter that a server is to hold. */
export interface RemoteAdapter {
  /** Its digest, so that one name never means two adapters. */
  readonly name: string;
  /** Where the server finds it. */
  readonly location: string;
  /** The server's name of its base. */
  readonly base: string;
  /** Makes the server ready for a request of the base: another may be there, on which the adapter is not to be put. */
  readonly lease: (server: Server, signal: AbortSignal) => Promise<ServerLease>;
}

/** A model as a server lists it. */
export type Card = z.infer<typeof modelCard>;

/** Who is asked: one server, or whichever is free. */
type Asker = Pick<Server, 'get'> | Pick<Endpoint, 'get'>;

/** Models of a server that are named where the wanted one is missing. */
const MOST_NAMED = 5;

/** The models that a server lists. */
export async function listModels(asker: Asker, signal: AbortSignal): Promise<readonly Card[]> {
  return (await asker.get('models', { signal, parse: parseList })).data;
}

function parseList(text: string): z.infer<typeof modelList> | undefined {
  return readAnswer(text, { schema: modelList, isAnswer: () => true });
}

/**
 * The server's card of a model. A server may know models by name that it does not list, because they are loaded when they are
 * asked for.
 * @throws SipfError failed-precondition MODEL_NOT_LOADED where the server has no model of that name
 */
export async function findModel(asker: Asker, name: string, signal: AbortSignal): Promise<Card> {
  const listed = await listModels(asker, signal);
  const card = listed.find(({ id }) => id === name) ?? (await describeModel(asker, name, signal));
  if (card !== undefined) return card;
  const others = listed.slice(0, MOST_NAMED).map(({ id }) => id.slice(0, 160));
  const known = others.length === 0 ? 'it lists none' : `it lists ${others.join(', ')}`;
  const message =
    `the backend has no model ${name}, ${known}: --backend-model is its name of --model; a server ` +
    'of fixed weights takes adapters, not new models (--backend-hook has it started with another)';
  throw new SipfError('failed-precondition', message, { reason: 'MODEL_NOT_LOADED', metadata: { name } });
}

async function describeModel(asker: Asker, name: string, signal: AbortSignal): Promise<Card | undefined> {
  const parse = (text: string) => {
    const value = parseJson(text);
    return value === undefined ? undefined : { card: modelCard.safeParse(value).data };
  };
  try {
    const { card } = await asker.get(`models/${encodeURIComponent(name)}`, { signal, parse });
    return card?.id === name ? card : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Adapters on one server that loads adapters on request. One is loaded at a time, and once for all who wait for it. */
export class RemoteAdapters {
  readonly #endpoint: Endpoint;
  readonly #longestMs: number;
  readonly #loading = new Map<string, Promise<void>>();
  #last: Promise<void> = Promise.resolve();

  /** @param longestMs longest load of an adapter, the server's start included */
  constructor(endpoint: Endpoint, longestMs: number) {
    this.#endpoint = endpoint;
    this.#longestMs = longestMs;
  }

  /**
   * Has the server load an adapter, unless it holds it already. The load goes on where one who waits gives up.
   * @throws SipfError failed-precondition ADAPTER_BASE_MISMATCH, or BACKEND_REFUSED where it cannot load it
   */
  async load(adapter: RemoteAdapter, signal: AbortSignal): Promise<void> {
    const running = this.#loading.get(adapter.name) ?? this.#start(adapter);
    await orAborted(running, signal);
  }

  async unload(name: string, signal: AbortSignal): Promise<void> {
    await this.#endpoint.post('unload_lora_adapter', { lora_name: name }, { signal, parse: () => true });
  }

  #start(adapter: RemoteAdapter): Promise<void> {
    const { name } = adapter;
    const running = this.#last.then(() => this.#load(adapter, AbortSignal.timeout(this.#longestMs)));
    this.#last = running.catch(() => undefined);
    const known = running.finally(() => this.#loading.delete(name));
    this.#loading.set(name, known);
    return known;
  }

  async #load(adapter: RemoteAdapter, signal: AbortSignal): Promise<void> {
    const { name, location, base } = adapter;
    const lease = (server: Server): Promise<ServerLease> => adapter.lease(server, signal);
    const { data } = await this.#endpoint.get('models', { signal, parse: parseList, lease });
    if (isHeld(data, adapter)) return;
    const body = { lora_name: name, lora_path: location, base_model_name: base };
    try {
      const call = { signal, parse: () => true, isRefusal: isLoadRefusal, lease };
      await this.#endpoint.post('load_lora_adapter', body, call);
    } catch (error) {
      // Another client may have been faster.
      if (!isLoadedAlready(error)) throw error;
    }
  }
}

/** @throws SipfError failed-precondition ADAPTER_BASE_MISMATCH */
function isHeld(cards: readonly Card[], { name, base }: RemoteAdapter): boolean {
  const card = cards.find(({ id }) => id === name);
  if (card === undefined) return false;
  const { parent } = card;
  if (parent === undefined || parent === null || parent === base) return true;
  const message = `the backend holds ${name} on ${parent.slice(0, 160)}, asked was ${base}`;
  throw new SipfError('failed-precondition', message, { reason: 'ADAPTER_BASE_MISMATCH' });
}
