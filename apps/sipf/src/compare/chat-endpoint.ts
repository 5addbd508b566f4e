import { SipfError } from '@sipf/errors';
import type { Rng } from '@sipf/random';
import type { JudgeMessage } from '@sipf/rationale-judging';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Judge, JudgeAnswer } from './judge.ts';
import { retryDelayMs } from './retry-delay.ts';

/** A server that speaks OpenAI's chat completions. */
export interface ChatEndpoint {
  /** Up to and without `/chat/completions`, e.g. `https://host/v1`. */
  readonly url: URL;
  readonly model: string;
  /** Sent as a bearer token and never shown. */
  readonly key: string | undefined;
  readonly concurrency: number;
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
  /** Attempts at one answer. */
  readonly attempts: number;
  readonly rng: Rng;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
  usage: z.object({ total_tokens: z.number() }).optional(),
});

/** A judge behind an endpoint. Busy, broken and silent servers are asked again. */
export function createEndpointJudge(endpoint: ChatEndpoint): Judge {
  const { url, model, concurrency } = endpoint;
  return {
    name: `${model} at ${url.host}`,
    concurrency,
    ask: (messages, { signal }) => askUntilAnswered(endpoint, messages, signal),
  };
}

async function askUntilAnswered(
  endpoint: ChatEndpoint,
  messages: readonly JudgeMessage[],
  signal: AbortSignal,
): Promise<JudgeAnswer> {
  for (let attempt = 1; ; attempt++) {
    const result = await tryOnce(endpoint, messages, signal);
    if (result.kind === 'answer') return result.answer;
    signal.throwIfAborted();
    if (attempt >= endpoint.attempts) throw unavailable(endpoint, result.why);
    const { retryAfter } = result;
    const now = endpoint.now();
    await sleep(retryDelayMs(attempt, { retryAfter, now, rng: endpoint.rng }), undefined, { signal });
  }
}

type Attempt =
  | { readonly kind: 'answer'; readonly answer: JudgeAnswer }
  | { readonly kind: 'again'; readonly why: string; readonly retryAfter: string | null };

async function tryOnce(
  { url, model, key, timeoutMs }: ChatEndpoint,
  messages: readonly JudgeMessage[],
  signal: AbortSignal,
): Promise<Attempt> {
  const headers = {
    'content-type': 'application/json',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  try {
    const response = await fetch(`${url.href.replace(/\/$/, '')}/chat/completions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model, messages, temperature: 0 }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      // A key goes to the server that it is for.
      redirect: 'error',
    });
    return await readResponse(response);
  } catch (error) {
    if (error instanceof SipfError) throw error;
    // Refused, cut or timed out; whether the caller has had enough is asked after this.
    return again(error instanceof Error ? causeOf(error) : String(error));
  }
}

async function readResponse(response: Response): Promise<Attempt> {
  const { status, headers } = response;
  const text = await readBounded(response);
  if (status === 408 || status === 429 || status >= 500) {
    return again(`status ${status}`, headers.get('retry-after'));
  }
  if (!response.ok) throw refused(status, text);
  const answer = parseCompletion(text);
  return answer === undefined ? again('an answer that is no chat completion') : { kind: 'answer', answer };
}

/** An answer larger than this is none. */
const MAX_BYTES = 4 * 1024 ** 2;

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES) throw new RangeError('the answer is too large');
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseCompletion(text: string): JudgeAnswer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { data } = completion.safeParse(value);
  const content = data?.choices[0]?.message.content;
  return content === undefined ? undefined : { text: content, tokens: data?.usage?.total_tokens };
}

function again(why: string, retryAfter: string | null = null): Attempt {
  return { kind: 'again', why, retryAfter };
}

function causeOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}

function refused(status: number, text: string): SipfError {
  const said = text.slice(0, 300).replaceAll(/\s+/g, ' ').trim();
  return new SipfError('failed-precondition', `the judge refuses the request (status ${status}): ${said}`, {
    reason: 'JUDGE_REFUSED',
  });
}

function unavailable({ url, attempts }: ChatEndpoint, why: string): SipfError {
  const message = `the judge at ${url.host} gave no answer in ${attempts} attempts; the last time: ${why}`;
  return new SipfError('unavailable', message, { reason: 'JUDGE_UNAVAILABLE' });
}
