import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with a request: it answers, or misbehaves. */
export type ChatBehaviour =
  | 'answer'
  | 'busy'
  | 'broken'
  | 'cut'
  | 'malformed'
  | 'silent'
  | { readonly refuse: number };

/** A server that speaks OpenAI's chat completions, on a socket of this machine. */
export interface ChatServer extends AsyncDisposable {
  readonly url: string;
  /** The bodies of all requests, in order. */
  readonly requests: readonly ChatRequest[];
  /** The headers `authorization` of all requests. */
  readonly keys: readonly (string | undefined)[];
  /** Most requests that were under way at once. */
  readonly mostAtOnce: () => number;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/**
 * Starts a server whose answers come from a function of the request.
 * @param behave what becomes of the n-th request, from 1
 */
export async function startChatServer(
  answer: (request: ChatRequest) => string,
  behave: (n: number) => ChatBehaviour = () => 'answer',
): Promise<ChatServer> {
  const [requests, keys]: [ChatRequest[], (string | undefined)[]] = [[], []];
  let [atOnce, most] = [0, 0];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    most = Math.max(most, ++atOnce);
    response.on('close', () => atOnce--);
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as ChatRequest;
    keys.push(request.headers.authorization);
    const behaviour = request.url === '/v1/chat/completions' ? behave(requests.push(body)) : { refuse: 404 };
    respond(response, behaviour, answer(body));
  };
  const server = createServer((request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}/v1`, requests, keys, mostAtOnce: () => most },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function respond(response: ServerResponse, behaviour: ChatBehaviour, content: string): void {
  const message = { role: 'assistant', content };
  const whole = JSON.stringify({ choices: [{ index: 0, message }], usage: { total_tokens: 7 } });
  if (typeof behaviour === 'object') {
    response.writeHead(behaviour.refuse).end('{"error":{"message":"no such model"}}');
    return;
  }
  switch (behaviour) {
    case 'answer':
      response.writeHead(200, { 'content-type': 'application/json' }).end(whole);
      return;
    case 'busy':
      response.writeHead(429, { 'retry-after': '0.05' }).end();
      return;
    case 'broken':
      response.writeHead(503).end('<html>');
      return;
    case 'cut':
      response.writeHead(200, { 'content-length': whole.length }).write(whole.slice(0, 20), () => {
        response.destroy();
      });
      return;
    case 'malformed':
      response.writeHead(200).end('{"choices": [');
      return;
    case 'silent':
  }
}
