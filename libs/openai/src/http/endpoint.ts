import type { SipfError } from '@sipf/errors';
import type { Rng } from '@sipf/random';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  attempt,
  type AnswerCall,
  type Asked,
  type Attempt,
  type AttemptOptions,
  type Fault,
  type Refusal,
} from './attempt.ts';
import { retryDelayMs } from './retry-delay.ts';
import { ServerChoice, type ServerState } from './server-choice.ts';
import type { Servers } from './servers.ts';

/** Servers that speak OpenAI's HTTP and answer alike, and how patient their client is. */
export interface EndpointOptions {
  readonly servers: Servers;
  /** Sent as a bearer token and never shown; asked for each request. */
  readonly key: () => string | undefined;
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
  /** Attempts at one answer; in one attempt every server is asked at most once. */
  readonly attempts: number;
  /** Largest answer. @default 4 MiB */
  readonly maxBytes?: number;
  /** For the time between attempts. */
  readonly rng: Rng;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly failures: EndpointFailures;
}

/** The errors of a client, in its own words. */
export interface EndpointFailures {
  /** After the last attempt. */
  readonly gaveUp: (fault: Fault, attempts: number) => SipfError;
  /** The server takes no such request, however often it is asked. */
  readonly refused: (refusal: Refusal) => SipfError;
}

/** How one call is made. */
interface EndpointCall<T> extends AnswerCall<T> {
  /** Makes the chosen server ready for the request. What it throws ends the call, but a {@link ServerFault} is the server's. */
  readonly lease?: (server: Server) => Promise<ServerLease>;
}

/** What makes a server ready for one request, from before it until after its answer. */
export interface ServerLease extends Disposable {
  /** Asked after the answer: whether the server was ready all the time; else the request is made again. */
  holds(): Promise<boolean>;
}

/** One server, asked once a call. @throws SipfError for a refusal; ServerFault for anything that is worth another attempt */
export interface Server {
  /** `host:port`. The same server is the same object until it fails, since it may be another one after that. */
  readonly host: string;
  get<T>(path: string, call: AnswerCall<T>): Promise<T>;
  post<T>(path: string, body: unknown, call: AnswerCall<T>): Promise<T>;
}

/** A server that failed at something that another one may do, or the same one later. */
export class ServerFault extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.why);
    this.fault = fault;
  }
}

const MAX_BYTES = 4 * 1024 ** 2;

/**
 * Servers as one. The server with the fewest open requests is asked. Busy, broken and silent servers, and those that answer
 * nonsense, rest and another one is asked at once; where there is none, they are asked again, later each time. Its calls throw
 * SipfErrors as its {@link EndpointFailures} say, and AbortError once their signal fires.
 */
export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #choice: ServerChoice;
  readonly #servers = new WeakMap<ServerState, Server>();

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#choice = new ServerChoice(options.now);
  }

  /** @param path below the servers' URLs, e.g. `completions`, or `../version` */
  get<T>(path: string, call: EndpointCall<T>): Promise<T> {
    return this.#ask({ method: 'GET', path }, call);
  }

  post<T>(path: string, body: unknown, call: EndpointCall<T>): Promise<T> {
    return this.#ask({ method: 'POST', path, body: JSON.stringify(body) }, call);
  }

  /** The servers, each by itself. @throws SipfError as `gaveUp` says where none can be found */
  async each(): Promise<readonly Server[]> {
    try {
      return (await this.#states()).map((state) => this.#serverOf(state));
    } catch (error) {
      throw this.#options.failures.gaveUp(unknownServers(error), 1);
    }
  }

  async #ask<T>(asked: Asked, call: EndpointCall<T>): Promise<T> {
    const { attempts, failures, now, rng } = this.#options;
    for (let round = 1; ; round++) {
      const result = await this.#askEach(asked, call);
      if (result.kind === 'answer') return result.answer;
      call.signal.throwIfAborted();
      if (round >= attempts) throw failures.gaveUp(result.fault, attempts);
      const delayMs = retryDelayMs(round, { retryAfter: result.fault.retryAfter ?? null, now: now(), rng });
      await sleep(delayMs, undefined, { signal: call.signal });
    }
  }

  /** Asks one server after the other, those that rest only where all do, and then one. */
  async #askEach<T>(asked: Asked, call: EndpointCall<T>): Promise<Attempt<T>> {
    const tried = new Set<ServerState>();
    let last: Attempt<T> | undefined;
    for (;;) {
      let left: readonly ServerState[];
      try {
        left = (await this.#states()).filter((state) => !tried.has(state));
      } catch (error) {
        return { kind: 'again', fault: unknownServers(error) };
      }
      const awake = left.filter((state) => this.#choice.isAwake(state));
      if (last !== undefined && (awake.length === 0 || call.signal.aborted)) return last;
      const state = this.#choice.choose(left);
      tried.add(state);
      last = await this.#askOne(state, asked, call);
      if (last.kind === 'answer') return last;
    }
  }

  async #askOne<T>(state: ServerState, asked: Asked, call: EndpointCall<T>): Promise<Attempt<T>> {
    state.open += 1;
    try {
      using lease = await call.lease?.(this.#serverOf(state));
      const result = await attempt(this.#attemptOptions(state), asked, call);
      if (result.kind === 'again') return this.#failed(state, result.fault);
      if ((await lease?.holds()) === false) return { kind: 'again', fault: CHANGED };
      this.#choice.answered(state);
      return result;
    } catch (error) {
      if (error instanceof ServerFault) return this.#failed(state, error.fault);
      this.#choice.answered(state);
      throw error;
    } finally {
      state.open -= 1;
    }
  }

  #failed(state: ServerState, fault: Fault): Attempt<never> {
    const { now, rng } = this.#options;
    const { retryAfter } = fault;
    const asked = retryAfter === undefined ? 0 : retryDelayMs(1, { retryAfter, now: now(), rng });
    this.#choice.failed(state, asked);
    if (fault.kind === 'unavailable') this.#servers.delete(state);
    return { kind: 'again', fault };
  }

  async #states(): Promise<readonly ServerState[]> {
    return this.#choice.keep(await this.#options.servers.list());
  }

  #serverOf(state: ServerState): Server {
    const known = this.#servers.get(state);
    if (known !== undefined) return known;
    const options = this.#attemptOptions(state);
    const ask = async <T>(asked: Asked, call: AnswerCall<T>): Promise<T> => {
      const result = await attempt(options, asked, call);
      if (result.kind === 'answer') return result.answer;
      call.signal.throwIfAborted();
      throw new ServerFault(result.fault);
    };
    const server: Server = {
      host: state.url.host,
      get: (path, call) => ask({ method: 'GET', path }, call),
      post: (path, body, call) => ask({ method: 'POST', path, body: JSON.stringify(body) }, call),
    };
    this.#servers.set(state, server);
    return server;
  }

  #attemptOptions({ url }: ServerState): AttemptOptions {
    const { key, timeoutMs, maxBytes = MAX_BYTES, failures } = this.#options;
    return { url, key, timeoutMs, maxBytes, refused: failures.refused };
  }
}

/** The answer was there, but what it depends on changed meanwhile. */
const CHANGED: Fault = {
  kind: 'invalid',
  why: 'what the server computes with changed during the request',
  retryAfter: undefined,
};

function unknownServers(error: unknown): Fault {
  const why = error instanceof Error ? error.message : String(error);
  return { kind: 'unavailable', why, retryAfter: undefined };
}
