import type { SipfError } from '@sipf/errors';
import { messageOf } from '../wire/error.ts';
import { exchange, type ExchangeAnswer } from './exchange.ts';

/** Why an attempt is worth another. */
export interface Fault {
  /** `busy`: status 429; `invalid`: an answer that is none; `unavailable`: anything else, silence included. */
  readonly kind: 'busy' | 'invalid' | 'unavailable';
  /** For people, with the server's own words where it has any. */
  readonly why: string;
  /** The header's text. */
  readonly retryAfter: string | undefined;
}

/** A status of 400 to 499 that asking again does not change, a redirect, or what the call says is a refusal. */
export interface Refusal {
  readonly status: number;
  /** The first 300 characters of what the server says. */
  readonly said: string;
}

/** What is asked of a server. */
export interface Asked {
  readonly method: 'GET' | 'POST';
  /** Below the server's URL. */
  readonly path: string;
  readonly body?: string;
}

/** How an answer is read. */
export interface AnswerCall<T> {
  /** The answer's text to what is wanted; undefined for what is no such answer, which is asked for again. */
  readonly parse: (text: string) => T | undefined;
  readonly signal: AbortSignal;
  /** Beside the key and the content type. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether a status of 500 and more is a refusal all the same. @param said the server's words @default never */
  readonly isRefusal?: (status: number, said: string) => boolean;
}

/** One server, and how long an attempt may take. */
export interface AttemptOptions {
  readonly url: URL;
  readonly key: () => string | undefined;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly refused: (refusal: Refusal) => SipfError;
}

/** What came of an attempt. */
export type Attempt<T> =
  | { readonly kind: 'answer'; readonly answer: T }
  | { readonly kind: 'again'; readonly fault: Fault };

/** One request and its answer. @throws SipfError as `refused` says; whatever `parse` throws */
export async function attempt<T>(
  { url, key, timeoutMs, maxBytes, refused }: AttemptOptions,
  { method, path, body }: Asked,
  call: AnswerCall<T>,
): Promise<Attempt<T>> {
  const bearer = key();
  const sent = {
    ...call.headers,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
  };
  const whole = AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]);
  let answer: ExchangeAnswer;
  try {
    const target = new URL(`${url.href.replace(/\/$/, '')}/${path}`);
    answer = await exchange(target, { method, headers: sent, body, signal: whole, maxBytes });
  } catch (error) {
    // Refused, cut or timed out; whether the caller has had enough is asked after this.
    return again('unavailable', error instanceof Error ? causeOf(error) : String(error));
  }
  return judge(answer, call, refused);
}

function judge<T>(
  { status, headers, text }: ExchangeAnswer,
  { parse, isRefusal = () => false }: AnswerCall<T>,
  refused: AttemptOptions['refused'],
): Attempt<T> {
  const retryAfter = headers['retry-after'];
  const said = messageOf(text);
  const why = said === '' ? `status ${status}` : `status ${status}: ${said}`;
  if (status === 429) return again('busy', why, retryAfter);
  if (status === 408 || (status >= 500 && !isRefusal(status, said)))
    return again('unavailable', why, retryAfter);
  if (status < 200 || status >= 300) throw refused({ status, said });
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
