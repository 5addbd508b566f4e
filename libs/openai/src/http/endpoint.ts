import type { SipfError } from '@sipf/errors';
import type { Rng } from '@sipf/random';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../wire/error.ts';
import { exchange, type ExchangeAnswer } from './exchange.ts';
import { retryDelayMs } from './retry-delay.ts';

/** A server that speaks OpenAI's HTTP, and how patient its client is. */
export interface EndpointOptions {
  /** Up to and without what a call names, e.g. `https://host/v1`. */
  readonly url: URL;
  /** Sent as a bearer token and never shown; asked for each request. */
  readonly key: () => string | undefined;
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
  /** Attempts at one answer. */
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

/** Why an attempt is worth another. */
interface Fault {
  /** `busy`: status 429; `invalid`: an answer that is none; `unavailable`: anything else, silence included. */
  readonly kind: 'busy' | 'invalid' | 'unavailable';
  readonly why: string;
  /** The header's text. */
  readonly retryAfter: string | undefined;
}

/** A status of 400 to 499 that asking again does not change, or a redirect. */
interface Refusal {
  readonly status: number;
  /** The first 300 characters of what the server says. */
  readonly said: string;
}

/** How one call is made. */
interface EndpointCall<T> {
  /** The answer's text to what is wanted; undefined for what is no such answer, which is asked for again. */
  readonly parse: (text: string) => T | undefined;
  readonly signal: AbortSignal;
  /** Beside the key and the content type. @default none */
  readonly headers?: Readonly<Record<string, string>>;
}

/** @throws SipfError as its EndpointFailures say; AbortError once the call's signal fires */
export interface Endpoint {
  /** @param path below the server's URL, e.g. `completions` */
  get<T>(path: string, call: EndpointCall<T>): Promise<T>;
  post<T>(path: string, body: unknown, call: EndpointCall<T>): Promise<T>;
}

const MAX_BYTES = 4 * 1024 ** 2;

/** Busy, broken and silent servers, and those that answer nonsense, are asked again, later each time. */
export function createEndpoint(options: EndpointOptions): Endpoint {
  const ask = async <T>(request: Asked, call: EndpointCall<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      const result = await tryOnce(options, request, call);
      if (result.kind === 'answer') return result.answer;
      call.signal.throwIfAborted();
      if (attempt >= options.attempts) throw options.failures.gaveUp(result.fault, options.attempts);
      const { retryAfter = null } = result.fault;
      const delayMs = retryDelayMs(attempt, { retryAfter, now: options.now(), rng: options.rng });
      await sleep(delayMs, undefined, { signal: call.signal });
    }
  };
  return {
    get: (path, call) => ask({ method: 'GET', path }, call),
    post: (path, body, call) => ask({ method: 'POST', path, body: JSON.stringify(body) }, call),
  };
}

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

type Attempt<T> =
  { readonly kind: 'answer'; readonly answer: T } | { readonly kind: 'again'; readonly fault: Fault };

async function tryOnce<T>(
  { url, key, timeoutMs, maxBytes = MAX_BYTES, failures }: EndpointOptions,
  { method, path, body }: Asked,
  { parse, signal, headers = {} }: EndpointCall<T>,
): Promise<Attempt<T>> {
  const bearer = key();
  const sent = {
    ...headers,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
  };
  const whole = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let answer: ExchangeAnswer;
  try {
    const target = new URL(`${url.href.replace(/\/$/, '')}/${path}`);
    answer = await exchange(target, { method, headers: sent, body, signal: whole, maxBytes });
  } catch (error) {
    // Refused, cut or timed out; whether the caller has had enough is asked after this.
    return again('unavailable', error instanceof Error ? causeOf(error) : String(error));
  }
  return judge(answer, parse, failures);
}

function judge<T>(
  { status, headers, text }: ExchangeAnswer,
  parse: EndpointCall<T>['parse'],
  failures: EndpointFailures,
): Attempt<T> {
  const retryAfter = headers['retry-after'];
  if (status === 429) return again('busy', `status ${status}`, retryAfter);
  if (status === 408 || status >= 500) return again('unavailable', `status ${status}`, retryAfter);
  if (status < 200 || status >= 300) throw failures.refused({ status, said: messageOf(text) });
  const answer = parse(text);
  return answer === undefined
    ? again('invalid', 'an answer that is none to what was asked')
    : { kind: 'answer', answer };
}

function again(kind: Fault['kind'], why: string, retryAfter?: string): Attempt<never> {
  return { kind: 'again', fault: { kind, why, retryAfter } };
}

function causeOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
