import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';

/** A request of a server; its answer is read whole. */
export interface ExchangeRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Ends the exchange, and the connection with it. */
  readonly signal: AbortSignal;
  /** An answer larger than this is an error. */
  readonly maxBytes: number;
}

/** What the server answered, whatever its status. */
export interface ExchangeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * One request and its answer. No redirect is followed, so that a key goes to the server that it is for, and nothing but the
 * signal ends the wait: `fetch` gives up after five minutes without headers, and long samples take longer.
 * @throws whatever the connection ends with
 */
export function exchange(url: URL, wanted: ExchangeRequest): Promise<ExchangeAnswer> {
  const { method, headers, body, signal, maxBytes } = wanted;
  const send = url.protocol === 'https:' ? requestTls : request;
  return new Promise((resolve, reject) => {
    const sent = send(url, { method, headers, signal }, (response) => {
      readBounded(response, maxBytes).then((text) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      }, reject);
    });
    sent.on('error', reject).end(body);
  });
}

async function readBounded(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) throw new RangeError('the answer is too large');
  }
  return Buffer.concat(chunks).toString('utf8');
}
